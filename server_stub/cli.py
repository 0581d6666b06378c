"""`sync-server`: the command line of the server.

serve --store URL --port N     run the server
code  --store URL              make a one-time enrolment code
audit verify --store URL       check the hash chain of every scope
"""

from __future__ import annotations

import argparse
import sys

from sync.errors import HallError

DEFAULT_STORE = "sqlite:///hall.db"


def main(argv: list[str] | None = None) -> int:
    """Run a command; its exit code."""
    parser = argparse.ArgumentParser(
        prog="sync-server", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True)
    serve = commands.add_parser("serve", help="run the server")
    serve.add_argument("--store", default=DEFAULT_STORE, metavar="URL")
    serve.add_argument("--host", default="127.0.0.1")
    serve.add_argument("--port", type=int, default=8470, help="0: any free one, told in the line `ready …`")
    serve.add_argument("--clock-fd", type=int, help="a pipe that drives the clock; sample stores only")
    serve.add_argument("--parent-fd", type=int, help="a pipe whose closing ends the server")
    code = commands.add_parser("code", help="make a one-time enrolment code")
    code.add_argument("--store", default=DEFAULT_STORE, metavar="URL")
    audit = commands.add_parser("audit", help="check the hash chains").add_subparsers(dest="audit", required=True)
    verify = audit.add_parser("verify")
    verify.add_argument("--store", default=DEFAULT_STORE, metavar="URL")
    chosen = parser.parse_args(argv)
    try:
        return int({"serve": _serve, "code": _code, "audit": _audit}[chosen.command](chosen))
    except HallError as error:
        print(f"sync-server: {error}", file=sys.stderr)
        return 1


def _serve(chosen: argparse.Namespace) -> int:
    from server_stub.central.sample_mark import is_sample
    from server_stub.serve import clock_for, serve

    clock = clock_for(chosen.clock_fd, sample=chosen.clock_fd is not None and is_sample(chosen.store))
    return serve(chosen.store, chosen.host, chosen.port, clock, exit_with_fd=chosen.parent_fd)


def _code(chosen: argparse.Namespace) -> int:
    from server_stub.central.people import new_code
    from server_stub.central.store import Store
    from sync.clock import SystemClock

    store = Store(chosen.store)
    try:
        print(store.transact(lambda connection: new_code(connection, SystemClock().now())))
    finally:
        store.close()
    return 0


def _audit(chosen: argparse.Namespace) -> int:
    from server_stub.central.audit import verify

    faults = verify(chosen.store)
    for fault in faults:
        print(fault)
    print("chain broken" if faults else "chain whole")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
