"""`workstation verify` asks the local copy at hand for the registry's word on what was issued there."""

from __future__ import annotations

import asyncio
import io
import json
from pathlib import Path

from sync.protocol.verbs import case as verbs
from tests.screens.case_flow import to_issue
from tests.screens.live_hall import CASES, LiveHall, until
from workstation.commands.verify import main


def verdict_of(path: Path, data: Path) -> dict[str, object]:
    out = io.StringIO()
    main(["--json", "--data", str(data), str(path)], out=out)
    found: dict[str, object] = json.loads(out.getvalue())
    return found


async def test_the_registry_of_this_machine_answers_even_while_a_terminal_is_open(hall: LiveHall) -> None:
    counter = await hall.device("0307", "0201")
    machine = await hall.enrol()
    async with hall.sitting("0307", machine=machine) as app:
        await to_issue(hall, app, counter, "c1")
        await app.services.papers.open_seal("a passphrase of the tests")
        await app.services.issue.issue("c1")
        await hall.settled(app)
        path = app.services.papers.filing.path_of(app.services.issue.view("c1").record.number)
        told = await asyncio.to_thread(verdict_of, path, machine.path.parent)
        assert (told["verdict"], told["registry"]) == ("good", "valid")
        revoked = verbs.Revoke(reason="granted in error", document="c1-revoked")
        await counter.exchange()
        assert (await counter.do("0201", revoked, id="c1", scope=CASES)).status == "accepted"
        await hall.settled(app)
        told = await asyncio.to_thread(verdict_of, path, machine.path.parent)
        assert (told["verdict"], told["registry"]) == ("untrusted", "revoked")
        await until(app, lambda: "revocation" in {p.kind for p in app.services.papers.of_case("c1") if p.sha256})
    stranger = hall.folder / "stranger"
    (stranger / "data" / "pki").mkdir(parents=True)
    (stranger / "data" / "pki" / "root.pem").write_bytes((app.locations.data / "pki" / "root.pem").read_bytes())
    told = await asyncio.to_thread(verdict_of, path, stranger)
    assert (told["verdict"], told["registry"]) == ("good", None)
