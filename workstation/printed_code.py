"""`workstation verify --code ADDRESS`: the code on a print, as a scanner types it, held against the local copies.

exit code   0 the code is the bureau's, for this very paper   1 it is not   3 no code, or no such paper in these copies

It works without a network. It says nothing of the print around the code: the number, the holder and the state that it
tells must be held against the paper in hand.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TextIO

import msgspec

from sync.paper_code import read_address
from workstation.at_hand import Copy, printed_code
from workstation.cells import inert

RIGHT, WRONG, UNKNOWN = 0, 1, 3
SENTENCES = {
    "right": "校验码正确，是本机关为这份文书制作的 · the authority made this code for this paper",
    "wrong": "校验码不符，不是本机关为这份文书制作的 · not made by the authority for this paper",
    "no_mac": "缺少校验码（# 之后的部分），无法核对 · the part after # is missing, so nothing can be said",
    "unknown": "本机登记中没有这份文书 · not in this machine's registry",
    "unreadable": "不是文书的二维码 · not the code of a paper",
}
STATES = {
    "prepared": "尚未签名 · not signed yet",
    "reserved": "尚未签名 · not signed yet",
    "void": "文号作废，文书无效 · void",
}


class CodeLine(msgspec.Struct, frozen=True):
    """The answer as JSON."""

    code: str
    verdict: str
    kind: str | None = None
    number: str | None = None
    holder: str | None = None
    registry: str | None = None


def verify_code(address: str, copies: Sequence[Copy], states: dict[str, str], *, as_json: bool, out: TextIO) -> int:
    """Judge one code; `states` are the words for the registry's states."""
    from sync.records.masking import masked

    read = read_address(address)
    found = printed_code(copies, *read) if read is not None else None
    verdict = "unreadable" if read is None else "unknown"
    line = CodeLine(address, verdict)
    if found is not None:
        verdict = "no_mac" if found.right is None else "right" if found.right else "wrong"
        line = CodeLine(address, verdict, found.kind, found.number, masked(found.holder), found.state)
    if as_json:
        print(msgspec.json.encode(line).decode(), file=out)
    else:
        print(f"{inert(address.strip())}: {SENTENCES[verdict]}", file=out)
        if found is not None:
            print(f"  文号 · number     {inert(found.number)}", file=out)
            print(f"  当事人 · holder   {inert(masked(found.holder))}", file=out)
            state = {**states, **STATES}.get(found.state, found.state)
            print(f"  登记 · registry   {state}", file=out)
    return {"right": RIGHT, "wrong": WRONG, "no_mac": WRONG}.get(verdict, UNKNOWN)
