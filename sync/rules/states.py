"""A state machine as data: which verb leads from which states to which."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sync.rules.outcome import Refused


class Machine:
    """`steps[verb]` maps each state from which the verb is allowed to the state after it."""

    def __init__(self, noun: str, steps: Mapping[str, Mapping[str, str]]) -> None:
        self.noun = noun
        self.steps = steps

    def after(self, row: Any, verb: str) -> str:
        """The state after `verb`; refused `state` with what it is and what it would have to be."""
        allowed = self.steps[verb]
        if row.state not in allowed:
            raise Refused("state", noun=self.noun, verb=verb, state=str(row.state), allowed=sorted(allowed))
        return str(allowed[row.state])
