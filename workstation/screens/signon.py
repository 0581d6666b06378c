"""Screen 0: staff number, PIN, window. Painted before anything is loaded; the copy opens while the PIN is typed.

    0307 Enter 1234 Enter 03 Enter ─▶ app.sign_on ─▶ the screen of the role
                                        └ HallError ─▶ said here; after five wrong PINs a countdown
    the demo's people: Enter or 1-9 on the list

A PIN stands in its field alone, as asterisks, and is gone with every attempt and every lock.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, cast

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Input

from sync.errors import HallError
from workstation.cells import pad
from workstation.locale import Phrase, say
from workstation.screens.frame import Frame
from workstation.widgets.countdown import Countdown
from workstation.widgets.form import Field, Form
from workstation.widgets.lines import Line, Lines
from workstation.widgets.rows import Row
from workstation.widgets.window_table import Column, WindowTable

if TYPE_CHECKING:
    from workstation.terminal import DemoPerson, TerminalApp
    from workstation.views.signon import WindowChoice

PEOPLE = (
    Column("place", "app.blank", 2, align="right"),
    Column("role", "signon.col.role", 8),
    Column("name", "signon.col.name", 6),
    Column("staff", "signon.col.staff", 5),
    Column("pin", "signon.col.pin", 5),
    Column("window", "signon.col.window", 5),
)


class SignOnScreen(Frame):
    """Signing on, and handing the terminal to the next person."""

    NUMBER = 0
    SIDE_WIDTH: ClassVar[int] = 46
    DEFAULT_CSS = """
    SignOnScreen #welcome { margin: 1 2; }
    SignOnScreen #credentials { margin: 0 2; width: 60; max-width: 100%; }
    SignOnScreen #wait { margin: 1 2 0 2; }
    SignOnScreen #windows { margin: 1 2; }
    SignOnScreen #people-title { height: 3; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        *Frame.BINDINGS,
        *(Binding(str(number), f"person({number})", show=False) for number in range(1, 10)),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._no_tries_before: dict[str, int] = {}

    @property
    def terminal_address(self) -> str:
        """Where the hall's server is, and with it the citizens' pages."""
        terminal = getattr(self.hall, "terminal", None)
        return str(terminal.server) if terminal is not None else ""

    @property
    def people(self) -> tuple[DemoPerson, ...]:
        """The demo's people, nobody outside it."""
        terminal = getattr(self.app, "terminal", None)
        return terminal.people if terminal is not None else ()

    @property
    def terminal(self) -> TerminalApp:
        """The app, with its copy."""
        return cast("TerminalApp", self.app)

    # -- what is shown ------------------------------------------------------------------------------------------------

    def compose_main(self) -> ComposeResult:
        """Words, the three fields, the countdown, the windows."""
        yield Lines(
            [[(say("signon.welcome"), "strong")], [(say("signon.how"), "dim")], [(say("signon.how_window"), "dim")]],
            id="welcome",
        )
        yield Form(
            [
                Field("staff", "signon.staff", 14, limit=12, digits=True, required=True),
                Field("pin", "signon.pin", 14, limit=32, digits=True, secret=True, required=True),
                Field("window", "signon.window", 14, limit=12, digits=True),
            ],
            id="credentials",
        )
        yield Countdown(id="wait")
        yield Lines([[]], id="windows")

    def compose_side(self) -> ComposeResult:
        """The demo's people."""
        if self.people:
            pages = say("signon.pages", address=self.terminal_address)
            yield Lines([[(say("signon.people"), "title")], [(pages, "dim")], []], id="people-title")
            yield WindowTable(PEOPLE, id="people")

    def on_mount(self) -> None:
        """The first paint; what needs the copy follows it."""
        super().on_mount()
        if self.people:
            self.query_one("#people", WindowTable).show_rows(
                [
                    Row(
                        person.staff,
                        (
                            str(place) if place < 10 else "",
                            say(f"signon.role.{person.role}"),
                            person.name,
                            person.staff,
                            person.pin,
                            person.window,
                        ),
                        data=person,
                    )
                    for place, person in enumerate(self.people, 1)
                ]
            )

    async def shown(self, **what: Any) -> None:
        """Somebody comes: empty fields, the cursor where the first key goes."""
        form = self.query_one(Form)
        form.fill({"window": form.values["window"] or self.hall.settings.window})
        if self.people:
            if self.has_class("-narrow"):
                self.fold(True)
            self.query_one("#people", WindowTable).focus()
        else:
            form.focus_field("staff")
        self._show_windows()

    def changed(self, tables: frozenset[str]) -> None:
        """Windows were taken or left."""
        if tables & {"*", "window", "window_session", "window_request"}:
            self._show_windows()

    def _show_windows(self) -> None:
        """Which windows there are and who sits there, as far as the copy knows."""
        if self.hall.services is None:
            self.query_one("#windows", Lines).set_lines([[(say("signon.opening"), "dim")]])
            return
        form, service = self.query_one(Form), self.hall.services.signon
        staff = form.values["staff"].strip()
        if not form.values["window"]:
            form.entry("window").value = service.last_window(staff)
        windows = service.windows(staff)
        lines: list[Line] = [[(say("signon.windows") if windows else say("signon.no_windows_yet"), "dim")]]
        sites = dict.fromkeys(window.site for window in windows)
        for site in sites:
            of_site = [window for window in windows if window.site == site][:24]
            if len(sites) > 1:  # every site counts its windows from one
                lines.append([(of_site[0].site_name, "")])
            for start in range(0, len(of_site), 3):
                lines.append([part for window in of_site[start : start + 3] for part in _window(window)])
        self.query_one("#windows", Lines).set_lines(lines)

    # -- signing on ---------------------------------------------------------------------------------------------------

    def on_input_changed(self, event: Input.Changed) -> None:
        """Another staff number: other windows to offer."""
        if event.input.name == "staff":
            self._show_windows()

    def on_form_changed(self, event: Form.Changed) -> None:
        """Another staff number: other windows to offer."""
        if event.name == "staff":
            self._show_windows()

    def on_form_submitted(self, event: Form.Submitted) -> None:
        """Enter in the last field."""
        event.stop()
        self.perform("signon.enter")

    def on_window_table_opened(self, event: WindowTable.Opened) -> None:
        """Enter on one of the demo's people."""
        event.stop()
        self._as_person(event.row.data)

    def action_person(self, number: int) -> None:
        """A digit on the list of people."""
        if number <= len(self.people):
            self._as_person(self.people[number - 1])

    def _as_person(self, person: DemoPerson) -> None:
        self.query_one(Form).fill({"staff": person.staff, "pin": person.pin, "window": person.window})
        self.perform("signon.enter")

    async def do_enter(self) -> None:
        """F9, or Enter in the last field."""
        form = self.query_one(Form)
        values = {name: value.strip() for name, value in form.values.items()}
        if wrong := form.check():
            form.focus_field(wrong[0])
            return
        staff = values["staff"]
        if self.hall.clock.now() < self._no_tries_before.get(staff, 0):
            raise HallError("signon.wait_first")
        self.status("signon.signing_on", staff=staff)
        try:
            await self.terminal.sign_on(staff, values["pin"], values["window"])
        except HallError as error:
            self.status()
            self._failed(staff, error)
            raise
        self.status()
        form.fill({"window": values["window"]})
        self.query_one(Countdown).show(None)

    def _failed(self, staff: str, error: HallError) -> None:
        """Back to the field that was wrong; who chose from the list stays there, since digits mean its lines."""
        form = self.query_one(Form)
        if error.code == "signon.pin_wait":
            until = self.hall.clock.now() + int(str(error.params["seconds"])) * 1000
            self._no_tries_before[staff] = until
            self.query_one(Countdown).show(until, say("signon.wait", staff=staff), near_ms=0)
        if self.people and self.query_one("#people").has_focus:
            return
        if error.code.startswith("signon.") and error.code != "signon.no_such_window":
            form.entry("pin").value = ""
            form.focus_field("pin")
        else:
            form.focus_field("window")

    async def do_refresh(self) -> None:
        """F5."""
        await self.terminal.opened.wait()
        self.terminal.sync_now()
        self._show_windows()

    async def do_leave(self) -> None:
        """F6: whoever was here last leaves their window."""
        await self.terminal.opened.wait()
        if await self.hall.services.signon.leave():
            self.hint("signon.left", tone="good")
        else:
            self.hint("signon.nobody_to_leave")
        self._show_windows()

    def why_disabled(self, action_id: str) -> Phrase | None:
        """Nothing is known yet of windows while the copy opens."""
        if action_id in ("signon.leave", "signon.refresh") and self.hall.services is None:
            return "signon.opening"
        return None


def _window(window: WindowChoice) -> Line:
    """A window and who sits there."""
    taken = (
        say("signon.taken", staff=window.by) if window.by else say("signon.wanted" if window.wanted else "signon.free")
    )
    return [(f"{window.label:>4} ", "key"), (pad(taken, 12), "warn" if window.wanted else "dim")]
