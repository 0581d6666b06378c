"""The code line (Ctrl+G): `4` changes the screen, `2 037` opens in screen 2 what ends in 037, `f9` is the key F9,
and anything else – a ticket, a name – is handed to the resolver. One hit opens; several give a numbered list.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.widgets import Input

from sync.errors import HallError
from workstation.codes import MOST, Code, Hit, Resolver, parse
from workstation.locale import say
from workstation.widgets.choice import Choice, Option
from workstation.widgets.dialog import Dialog
from workstation.widgets.entry import Entry
from workstation.widgets.lines import Lines

if TYPE_CHECKING:
    from workstation.screens.frame import Frame


class CodeLine(Dialog[None]):
    """The dialog."""

    def __init__(self, frame: Frame, resolver: Resolver | None) -> None:
        super().__init__(say("app.code_line"), [say("app.code_line.how")])
        self.frame = frame
        self.resolver = resolver

    def compose_body(self) -> ComposeResult:
        """The entry; the list of hits comes below it."""
        yield Entry("", limit=60)
        yield Lines([[]], id="code-hits")

    async def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter."""
        event.stop()
        code = parse(event.value)
        app = self.frame.hall
        if code.key:
            self.dismiss(None)
            self.frame.call_later(self.frame.action_press, code.key)
        elif code.screen is not None and not code.text:
            app.goto(code.screen)
        elif code.text and self.resolver is None:
            self.message("app.no_resolver")
        elif code.text:
            app.work(self._find(code))

    async def _find(self, code: Code) -> None:
        assert self.resolver is not None
        try:
            hits = await self.resolver(code.text, code.screen)
        except HallError as error:
            self.message((error.code, error.params))
            return
        if not hits:
            self.message("app.nothing_found", text=code.text)
        elif len(hits) == 1:
            self.frame.hall.open_hit(hits[0])
        else:
            self.message("app.several_found", count=len(hits))
            choice = Choice([Option(hit, hit.label) for hit in hits[:MOST]])
            await self.query("Choice").remove()
            await self.mount(choice, after="#code-hits")
            choice.focus()

    def on_choice_chosen(self, event: Choice.Chosen) -> None:
        """One of several."""
        event.stop()
        if isinstance(event.option.key, Hit):
            self.frame.hall.open_hit(event.option.key)
