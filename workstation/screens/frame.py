"""What every screen has: header, rule, body (main and a right panel), rule, status line, key bar.

    key ──▶ binding press('f2') ──▶ perform(action id) ──▶ may the person? ──▶ why_disabled? ──▶ confirm? ──▶
    do_<verb>()
                                                              │ says why          │ says why       a coroutine is run
                                                              by the ▼                   ▼                key pump:
                                                              keys wait for it
                                                           status line         status line

A screen sets NUMBER, composes `compose_main` and perhaps `compose_side`, and writes one `do_<verb>` per action of its
file in workstation/actions. Below 100 columns the right panel folds: Tab past the last field of one side shows the
other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from inspect import isawaitable
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar, cast

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingsMap, BindingType
from textual.containers import Horizontal, Vertical
from textual.geometry import Size
from textual.screen import Screen
from textual.widget import Widget

from sync.errors import HallError
from workstation.actions import SCREENS
from workstation.actions.table import Action
from workstation.cells import wrap
from workstation.keymap import Keymap, spoken
from workstation.keypump import SMALLEST
from workstation.locale import Phrase, has, say
from workstation.widgets.entry import Entry
from workstation.widgets.header import Header
from workstation.widgets.key_bar import Key, KeyBar
from workstation.widgets.lines import Lines
from workstation.widgets.rule import Rule
from workstation.widgets.status_line import StatusLine

if TYPE_CHECKING:
    from workstation.app import HallApp
    from workstation.widgets.dialog import Dialog
    from workstation.widgets.window_table import WindowTable

WIDE, ROOMY = 100, 120
Answer = TypeVar("Answer")


class Frame(Screen[None]):
    """The base of screens 0 to 9."""

    NUMBER: ClassVar[int] = 0
    SIDE_WIDTH: ClassVar[int] = 36
    SIDE_MOST: ClassVar[int] = 0  # where the screen is wide the panel grows so far, by half of what is beyond ROOMY
    NO_UNDO: ClassVar[Phrase] = "app.nothing_here"  # why Ctrl+Z does nothing where there is no `do_undo`
    AUTO_FOCUS = "WindowTable, Entry, Choice, Checklist"
    ESCAPE_TO_MINIMIZE = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "across(1)", show=False),
        Binding("shift+tab", "across(-1)", show=False),
    ]
    DEFAULT_CSS = """
    Frame { layout: vertical; background: $background; }
    Frame > #body { height: 1fr; }
    Frame #main { width: 1fr; height: 1fr; }
    Frame #side { height: 1fr; padding: 0 1; border-left: ascii $quiet; }
    Frame.-box #side { border-left: solid $quiet; }
    Frame.-narrow #side { display: none; width: 1fr; border-left: none; }
    Frame.-narrow.-folded #side { display: block; }
    Frame.-narrow.-folded #main { display: none; }
    Frame > #too-small { display: none; height: 1fr; }
    Frame.-small > * { display: none; }
    Frame.-small > #too-small { display: block; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._arrival: Mapping[str, Any] | None = None
        self.subtitle = ""

    # -- for the screen's author --------------------------------------------------------------------------------------

    def compose_main(self) -> ComposeResult:
        """The left or only part of the body."""
        yield from ()

    def compose_side(self) -> ComposeResult:
        """The right panel; nothing: there is none."""
        yield from ()

    async def shown(self, **what: Any) -> None:
        """Called whenever `app.goto` brings the person here, with its arguments; after mounting."""

    def why_disabled(self, action_id: str) -> Phrase | None:
        """Why an action cannot be done now, as a catalogue key (with parameters, if any); None: it can. Must be
        quick: the key bar asks after every key."""
        return None

    def label_of(self, action: Action) -> str:
        """Catalogue key of the action's label on this screen now (an approver's F9 is 准予, a clerk's 送审批)."""
        return action.label

    def tail_of(self, action_id: str) -> str | None:
        """For an action with confirm="tail": the digits to be typed; None: the screen itself has asked."""
        return None

    def copies(self) -> Sequence[tuple[Phrase, str]]:
        """What Ctrl+Y copies: (label, value) of what the cursor is on – a case's number, a credit code; nothing
        personal."""
        return ()

    def help_notes(self) -> Sequence[tuple[str, str]]:
        """What F1 explains besides the keys: (word, sentence)."""
        return ()

    @property
    def hall(self) -> HallApp:
        """The app."""
        return cast("HallApp", self.app)

    @property
    def area(self) -> str:
        """Catalogue area and action file of this screen."""
        return SCREENS[self.NUMBER]

    def hint(self, key: Phrase, *, tone: str = "warn", **params: object) -> None:
        """Say something for some seconds in the status line."""
        if self.is_mounted:
            self.query_one(StatusLine).say(say(key, **params), tone)

    def on_entry_cut(self, event: Entry.Cut) -> None:
        """A paste did not fit."""
        event.stop()
        self.hint("app.cut", limit=event.limit)

    def status(self, key: Phrase = "", *, tone: str = "", **params: object) -> None:
        """What the status line says from now on; no key: nothing."""
        for line in self.query(StatusLine):  # a screen that is being taken down has none any more
            line.show(say(key, **params) if key else "", tone)

    def retitle(self, subtitle: str = "") -> None:
        """What follows the title in the header, such as the case's number."""
        self.subtitle = subtitle
        self.show_header()

    async def ask(self, dialog: Dialog[Answer]) -> Answer | None:
        """Show a dialog and wait for its answer; only inside an `async def do_…`. None: Esc, or the terminal was
        locked."""
        return await self.hall.ask(dialog)

    # -- actions ------------------------------------------------------------------------------------------------------

    def actions(self) -> list[Action]:
        """The actions that exist for this person on this screen, in the key bar's order."""
        return [action for action in self.hall.keymap.on(self.NUMBER) if self.hall.person.may(action)]

    def handler(self, action: Action) -> Any:
        """The method that does it: of the app for `app.…`, else of this screen; None where the focused widget does."""
        return getattr(self.hall if action.area == "app" else self, f"do_{action.verb}", None)

    def reason_against(self, action: Action) -> Phrase | None:
        """Why it cannot be done now."""
        return self.hall.why_disabled(action.id) if action.area == "app" else self.why_disabled(action.id)

    def action_press(self, key: str) -> None:
        """A key of the table."""
        for action in self.hall.keymap.find(self.NUMBER, key):
            if self.hall.person.may(action):
                self.perform(action.id)
                return
        if self.hall.keymap.find(self.NUMBER, key):
            self.hint("app.not_yours")

    def perform(self, action_id: str) -> None:
        """Do an action, or say why not. What it raises as HallError is said too."""
        action = next((each for each in self.actions() if each.id == action_id), None)
        if action is None:
            self.hint("app.not_yours")
            return
        if (reason := self.reason_against(action)) is not None:
            self.hint(reason)
            return
        handler = self.handler(action)
        if handler is None:
            return
        self.query_one(StatusLine).clear()
        self.hall.journal.write("action", action=action.id, screen=self.NUMBER)
        if action.confirm == "tail" and (tail := self.tail_of(action_id)) is not None:
            self.hall.work(self._confirmed(action, tail, handler))
        else:
            self.hall.work_or_done(self, handler)
        self.show_keys()

    async def _confirmed(self, action: Action, tail: str, handler: Any) -> None:
        from workstation.widgets.dialog import Confirm

        if await self.ask(Confirm(say(self.label_of(action)), tail)):
            try:
                done = handler()
                if isawaitable(done):
                    await done
            except HallError as error:
                self.hint((error.code, error.params))

    # -- the frame ----------------------------------------------------------------------------------------------------

    def compose(self) -> ComposeResult:
        """Header, rule, body, rule, status line, key bar – and the sentence for a terminal that is too small."""
        side = list(self.compose_side())
        yield Header([[]])
        yield Rule()
        with Horizontal(id="body"):
            with Vertical(id="main"):
                yield from self.compose_main()
            if side:
                panel = Vertical(*side, id="side")
                panel.styles.width = self.SIDE_WIDTH
                yield panel
        yield Rule()
        yield StatusLine()
        yield KeyBar()
        yield Lines(id="too-small")

    def on_mount(self) -> None:
        """Bind the table's keys."""
        self.bind_keys(self.hall.keymap)
        self.draw_lines(self.hall.settings.lines)
        self._arrange(self.app.size)
        self.show_header()
        self.show_keys()

    def bind_keys(self, keymap: Keymap) -> None:
        """Bind what the table says for this screen; F-keys and Ctrl go before what a focused widget does with them."""
        keys = {key for action in keymap.on(self.NUMBER) for key in keymap.keys(action)}
        bindings = [
            Binding(key, f"press('{key}')", show=False, priority="+" in key or (key[0] == "f" and key[1:].isdigit()))
            for key in sorted(keys)
        ]
        self._bindings = BindingsMap.merge([BindingsMap(self.BINDINGS), BindingsMap(bindings)])

    async def on_screen_resume(self) -> None:
        """Here again, or for the first time."""
        if self.has_class("-box") != (self.hall.settings.lines == "box"):
            self.draw_lines(self.hall.settings.lines)
        self.show_header()
        if self._arrival is not None:
            what, self._arrival = self._arrival, None
            try:
                await self.shown(**what)
            except HallError as error:
                self.hint((error.code, error.params))
        self.hall.show_notice(self)
        self.show_keys()

    def on_resize(self, event: events.Resize) -> None:
        """Fold, or refuse what is too small."""
        self._arrange(event.size)

    def _arrange(self, size: Size) -> None:
        small = size.width < SMALLEST.width or size.height < SMALLEST.height
        narrow = size.width < WIDE
        self.set_class(small, "-small")
        self.set_class(narrow, "-narrow")
        for panel in self.query("#side"):
            wide = min(self.SIDE_WIDTH + max(size.width - ROOMY, 0) // 2, self.SIDE_MOST)
            panel.styles.width = "1fr" if narrow else max(self.SIDE_WIDTH, wide)
        words = wrap(say("app.too_small", width=size.width, height=size.height), size.width)
        self.query_one("#too-small", Lines).set_text(*words, tone="strong")
        self.call_after_refresh(self.show_header)

    def draw_lines(self, kind: str) -> None:
        """Rules and frames of "ascii" or of "box" signs from now on."""
        self.set_class(kind == "box", "-box")
        for rule in self.query(Rule):
            rule.refresh()

    def show_header(self) -> None:
        """Header with the time of now."""
        if self.is_mounted and self.is_attached:
            title = say("app.title", number=self.NUMBER, title=say(f"{self.area}.title"), more=self.subtitle).strip()
            for header in self.query(Header):  # none while the screen comes or goes: a clock ticks whenever it likes
                header.show(self.hall.program, title, self.hall.station, self.hall.clock.now(), self.hall.mark)

    def show_keys(self) -> None:
        """The key bar as things stand."""
        if not self.is_mounted or not self.is_attached or not self.query(KeyBar):
            return
        self.query_one(KeyBar).show(
            [
                Key(
                    action.id,
                    spoken(self.hall.keymap.keys(action)[0]),
                    say(self.label_of(action)),
                    self.reason_against(action) is None,
                )
                for action in self.actions()
                if action.bar is not None
            ]
        )

    def help_of(self, action: Action) -> str:
        """The sentence of the help screen, empty where the catalogue has none."""
        return say(action.help) if has(action.help) else ""

    def on_key_bar_pressed(self, event: KeyBar.Pressed) -> None:
        """A click on the key bar."""
        event.stop()
        self.perform(event.action)

    def on_window_table_opened(self, event: WindowTable.Opened) -> None:
        """Enter on a row is the screen's Enter."""
        event.stop()
        self.action_press("enter")

    def on_descendant_focus(self) -> None:
        """What can be done may depend on where one is."""
        self.show_keys()

    def action_across(self, way: int) -> None:
        """Tab: the next field; past the last one of a folded side, the other side."""
        if not self.has_class("-narrow") or not self.query("#side"):
            self.focus_next() if way > 0 else self.focus_previous()
            return
        shown = self.query_one("#side" if self.has_class("-folded") else "#main")
        fields = _focusable(shown)
        here = fields.index(self.focused) if self.focused in fields else -1
        there = here + way
        if fields and 0 <= there < len(fields) and not (here == -1 and way < 0):
            fields[there].focus()
            return
        self.fold(not self.has_class("-folded"), way)

    def fold(self, side: bool, way: int = 1) -> None:
        """On a narrow screen: show the right panel, or the main part again."""
        self.set_class(side, "-folded")
        fields = _focusable(self.query_one("#side" if side else "#main"))
        self.set_focus(fields[0 if way > 0 else -1] if fields else None)


def _focusable(part: Widget) -> list[Widget]:
    return [
        widget
        for widget in part.query("*")
        if widget.can_focus and not widget.disabled and widget.styles.display != "none"
    ]
