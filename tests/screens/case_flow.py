"""Cases on their way, for the tests of screens 2 and 3: received and reviewed through the rules, over the real server.

case = await received(hall, counter, "0307")            materials listed, one with a file at the centre
await checked(counter, "0307", case)                    every required material ticked
await reviewed_at(app, case)                            accepted, submitted at this terminal
await decided(hall, "0201", case)                       granted, the right to issue at that terminal
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sync.protocol.verbs import case as verbs
from sync.replica.blobs import keep_blob
from tests.screens.live_hall import CASES, LiveHall, press, text, until
from workstation.headless.device import Device
from workstation.terminal import TerminalApp

# No test may touch the keyring of whoever runs it, nor their printer: the passphrase is asked for, PDFs go to a folder.
os.environ["PYTHON_KEYRING_BACKEND"] = "keyring.backends.null.Keyring"
os.environ["CUPS_SERVER"] = "/nowhere/cups.sock"

FIRM = "青岛某机械租赁有限公司"
FORM = {
    "company": FIRM,
    "legal_person": "钱某",
    "phone": "13912345621",
    "address": "振华路1号2-302",
    "capital": "300万元",
    "registered.legal_person": "赵某",
    "registered.address": "振华路1号2-301",
    "registered.capital": "300万元",
}
LISTED = (("变更登记申请书", True), ("法定代表人身份证", True), ("租赁合同", False))


def scan(name: str) -> bytes:
    """A file for the first material of a case, its own."""
    return f"%PDF-1.4\n% a scan of {name}\n%%EOF\n".encode()


async def received(
    hall: LiveHall,
    device: Device,
    staff: str,
    name: str = "c1",
    *,
    applicant: str = FIRM,
    matter: str = "m-change",
    **form: str,
) -> str:
    """A case just received: the first material has a file at the centre, the others are missing."""
    listed = [
        verbs.ListedMaterial(id=f"{name}-m{n}", name=words, required=needed)
        for n, (words, needed) in enumerate(LISTED, 1)
    ]
    args = verbs.Receive(
        matter=matter,
        site="hall",
        applicant=applicant,
        applicant_code="91370213MA3XXXXX0X" if applicant == FIRM else None,
        form=FORM | form,
        materials=listed,
        document=f"{name}-receipt",
    )
    hall.clock.advance(1000)
    await accepted(device, staff, args, id=name)
    content = scan(name)
    sha256 = keep_blob(device.store, content)
    attach = verbs.Attach(
        case=name,
        name=LISTED[0][0],
        ordinal=1,
        required=True,
        sha256=sha256,
        size=len(content),
        media_type="application/pdf",
    )
    await accepted(device, staff, attach, id=f"{name}-m1")
    await device.exchange()
    return name


async def accepted(device: Device, staff: str, args: Any, *, id: str) -> None:
    """Say it and have it taken."""
    result = await device.do(staff, args, id=id, scope=CASES)
    assert result.status == "accepted", result


async def checked(device: Device, staff: str, case: str) -> None:
    """Both required materials are ticked."""
    for n in (1, 2):
        await accepted(device, staff, verbs.Check(state="checked"), id=f"{case}-m{n}")


async def reviewed_at(app: TerminalApp, hall: LiveHall, case: str) -> None:
    """Accepted and submitted at this terminal by whoever sits there: the right to issue will come here."""
    await seen(app, case)
    await hall.settled(app)  # the file's arrival too
    service = app.services.review
    service.accept(service.case(case))
    service.submit(service.case(case), "材料齐全，同意变更", "granted")
    await hall.settled(app)


async def seen(app: TerminalApp, case: str) -> None:
    """The case is in this terminal's copy."""
    assert app.desk is not None
    app.desk.engine.nudge()
    await until(app, lambda: app.desk is not None and app.desk.row("case", case) is not None)


async def decided(hall: LiveHall, device: Device, case: str, decision: str = "granted", reasons: str = "") -> None:
    """By an approver who is signed on at `device`."""
    await device.exchange()
    args = verbs.Decide(decision=decision, reasons=reasons, authorisation=f"{case}-right", document=f"{case}-decision")
    await accepted(device, "0201", args, id=case)


async def to_issue(hall: LiveHall, app: TerminalApp, counter: Device, name: str, **form: str) -> str:
    """A case decided, the right to issue at this terminal. `counter` has 0307 and 0201 signed on."""
    case = await received(hall, counter, "0307", name, **form)
    await checked(counter, "0307", case)
    await reviewed_at(app, hall, case)
    await decided(hall, counter, case)
    await hall.settled(app)
    return case


def viewer_of(folder: Path) -> tuple[str, Path]:
    """A program for the setting `viewer` that notes what it was given, and the file of its notes."""
    notes, program = folder / "viewed", folder / "view"
    program.write_text(f'#!/bin/sh\nprintf "%s\\n" "$1" >> "{notes}"\ncp "$1" "{folder}/last"\n')
    program.chmod(0o755)
    return str(program), notes


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def words(app: TerminalApp) -> str:
    """All that the screen says."""
    return "\n".join(text(app))


async def bars_until(app: TerminalApp, condition: Callable[[], object]) -> dict[str, str]:
    """Wait until the condition holds, and tell each bar of progress that stood on the screen: `3/9` → its line."""
    seen: dict[str, str] = {}

    def looked() -> object:
        for line in text(app):
            if found := re.search(r"[#.]{5,} +\d+% +(\d+/\d+)", line):
                seen[found[1]] = line.strip()
        return condition()

    await until(app, looked)
    return seen


async def step(app: TerminalApp, label: str, *keys: str) -> None:
    """F10, the number that stands before a label, and the answers to its questions."""
    await press(app, "f10")
    line = next(line for line in text(app) if label in line)
    await press(app, line.partition(label)[0].split()[-1], *keys)
