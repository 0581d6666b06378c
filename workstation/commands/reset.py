"""`workstation reset`: this machine is no device of the hall any more, and its local copy is gone.

    what is unsent? ─▶ some: refused, unless --export FILE takes it along first
        │ none
        ▼
    the machine's name typed ─▶ its key destroyed (an encrypted copy is unreadable from here on) ─▶ the copy's files

A copy that cannot be opened any more goes with --lost: what it had unsent, nobody can tell. `--import FILE`, once the
machine is enrolled anew or on another one of the hall, takes back what --export wrote (workstation.taken_back).
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from workstation.commands import parser_of
from workstation.locale import say
from workstation.locations import locate

if TYPE_CHECKING:
    from workstation.enrolment import Enrolment, Place


def main(argv: Sequence[str]) -> int:
    """Exit 1 where something is unsent or nobody confirmed. Raises InputError `signon.not_enrolled`, StoreError
    `replica_in_use` beside a running terminal, `reset.key_stays`, `reset.export_failed`; for --import InputError
    `reset.import_unreadable`, `reset.import_other_hall`."""
    from workstation.enrolment import Place

    parser = parser_of("reset")
    parser.add_argument("--export", metavar="FILE", default="", help=say("cli.reset.export"))
    parser.add_argument("--lost", action="store_true", help=say("cli.reset.lost"))
    parser.add_argument("--import", dest="back", metavar="FILE", default="", help=say("cli.reset.import"))
    chosen = parser.parse_args(argv)
    place = Place(locate(chosen.data))
    enrolment = place.read()
    if chosen.back:
        return _take_back(place, enrolment, Path(chosen.back).expanduser())
    if not (chosen.lost or _nothing_unsent(place, enrolment, chosen.export)):
        return 1
    if chosen.lost:
        print(say("reset.unknown"))
    print(say("reset.what", label=enrolment.label, path=str(place.replica.parent)))
    print(say("reset.stays", path=str(place.locations.data)))
    print(say("reset.confirm", label=enrolment.label), end="", flush=True)
    if sys.stdin.readline().strip() != enrolment.label:
        print(say("reset.not_confirmed"))
        return 1
    place.reset(enrolment, lost=chosen.lost)
    print(say("reset.done" if enrolment.kept == "keyring" else "reset.done_plain"))
    print(say("reset.revoke", label=enrolment.label, device=enrolment.device))
    print(say("reset.again", server=enrolment.server))
    return 0


def _take_back(place: Place, enrolment: Enrolment, path: Path) -> int:
    from sync.clock import SystemClock
    from sync.replica.store import ReplicaStore
    from workstation.cells import inert
    from workstation.hours import moment
    from workstation.locale import has
    from workstation.taken_back import take_back

    with closing(ReplicaStore(place.replica, place.key(enrolment).replica)) as store:
        back = take_back(path, store)
    print(say("reset.back", drafts=back.drafts, there=back.there, files=back.files))
    if back.again:
        print(say("reset.again_by_hand", count=len(back.again)))
    now = SystemClock().now()
    for at, by, kind, id in back.again:
        verb = f"sync.verb.{kind.partition('@')[0]}"
        print(f"  {moment(at, now)}  {inert(by)}  {say(verb) if has(verb) else inert(kind)}  {inert(id)}")
    return 0


def _nothing_unsent(place: Place, enrolment: Enrolment, export: str) -> bool:
    import msgspec

    from sync.errors import StoreError
    from sync.replica import driver
    from sync.replica.store import ReplicaStore
    from workstation.documents.filing import Filing
    from workstation.unsent import unsent, write

    try:
        store = ReplicaStore(place.replica, place.key(enrolment).replica)
    except StoreError as error:
        if error.code == "replica_in_use":
            raise
        raise StoreError("reset.unreadable", why=say(error.code, **error.params)) from None
    filing = Filing(place.papers)
    with closing(store):
        try:
            found = unsent(store, filing)
        except driver.errors(msgspec.DecodeError) as error:
            raise StoreError("reset.unreadable", why=f"{error}.") from None
        counts = found.counts()
        for what, count, whose in counts:
            print(say(f"reset.unsent.{what}", count=count, whose=whose))
        if counts and export:
            path = Path(export).expanduser().absolute()
            write(found, store, filing, path, enrolment.label)
            print(say("reset.exported", path=str(path)))
            return True
    if counts:
        print(say("reset.refused"))
    return not counts
