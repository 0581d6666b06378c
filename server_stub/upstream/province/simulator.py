"""A province to try the connector on: real HTTP on loopback, with the manners that such platforms have.

    python -m server_stub.upstream.province.simulator --key FILE [--port N] [--faults SEED]

    lose_request    nothing arrives, nothing is answered         delay      done later, after another request; no answer
    lose_answer     done, and never said                         duplicate  done twice: once now, once much later
    refuse          503, and nothing is done                     refuse_one an item is refused, the rest done
    judge           422 for the whole batch                      forget     what it had of an item is gone
    halve           only the first half is done and told         alter      what it has of an item is another

`Simulator.plan` says what happens to the next requests; after it, everything goes well.
"""

from __future__ import annotations

import argparse
import hashlib
import hmac
import random
import sys
import threading
from collections import deque
from collections.abc import Iterable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import msgspec

from server_stub.upstream.province.message import (
    KNOWN,
    REFUSED,
    Batch,
    Day,
    Item,
    Numbers,
    Received,
    Told,
    day_digest,
    digest_of,
)
from sync.protocol.signing import BadSignature, read

FAULTS = (
    *("lose_request", "lose_answer", "refuse", "judge", "halve"),
    *("delay", "duplicate", "refuse_one", "forget", "alter"),
)
GONE_FOR = 2
"""A delayed request is done after so many others."""


class Simulator:
    """A province on a free loopback port, or the one named; a context manager."""

    def __init__(self, key: bytes, *, port: int = 0) -> None:
        self.key = key
        self.plan: deque[str] = deque()
        self.items: dict[str, Item] = {}
        self.heard: list[bytes] = []
        """Every body that arrived."""
        self.struck: dict[str, int] = dict.fromkeys(FAULTS, 0)
        self._late: list[tuple[int, Batch]] = []
        self._lock = threading.Lock()
        simulator = self

        class Handler(_Handler):
            province = simulator

        self._server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Simulator:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def will(self, faults: Iterable[str]) -> None:
        """What happens to the next requests, one each; `fine` for nothing."""
        self.plan.extend(faults)

    def forget(self, key: bytes) -> None:
        """Begin anew: nothing known, nothing planned, the hall known by this key."""
        with self._lock:
            self.key = key
            self.plan.clear()
            self.items.clear()
            self.heard.clear()
            self._late.clear()

    def digests(self, day: str = "") -> dict[str, str]:
        """Number → digest of what it has, of one day or of all."""
        return {n: digest_of(item) for n, item in self.items.items() if day in ("", item.day)}

    # -- one request --------------------------------------------------------------------------------------------------

    def answer(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> tuple[int, Any] | None:
        """Status and message; None closes the connection without a word."""
        with self._lock:
            self.heard.append(body)
            fault = self.plan.popleft() if self.plan else "fine"
            if fault == "lose_request":
                self.struck[fault] += 1
                return None
            self._due()
            if not self._signed(method, path, headers, body):
                return 401, {"error": "signature"}
            if fault == "refuse":
                self.struck[fault] += 1
                return 503, {"error": "busy"}
            self._happen(fault)
            told = self._put(body, fault) if method == "PUT" else self._get(path)
            if fault == "lose_answer":
                self.struck[fault] += 1
                return None
            return told

    def _signed(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> bool:
        try:
            read({name.lower(): value for name, value in headers.items()}).verify(
                method,
                path,
                hashlib.sha256(body).digest(),
                lambda value, base: hmac.compare_digest(value, hmac.digest(self.key, base, "sha256")),
            )
        except BadSignature:
            return False
        return True

    def _due(self) -> None:
        """Delayed requests whose time has come."""
        self._late = [(left - 1, batch) for left, batch in self._late]
        for left, batch in [late for late in self._late if late[0] <= 0]:
            self._late.remove((left, batch))
            self._take(batch.items)

    def _happen(self, fault: str) -> None:
        if fault in ("forget", "alter") and self.items:
            self.struck[fault] += 1
            number = min(self.items)
            item = self.items.pop(number)
            if fault == "alter":
                self.items[number] = msgspec.structs.replace(item, level="fair", with_words=not item.with_words)

    def _take(self, items: Iterable[Item]) -> list[Told]:
        given = list(items)
        self.items |= {item.number: item for item in given}
        return [Told(number=item.number, status=KNOWN) for item in given]

    def _put(self, body: bytes, fault: str) -> tuple[int, Any] | None:
        try:
            batch = msgspec.json.decode(body, type=Batch)
        except msgspec.DecodeError:
            return 400, {"error": "not_understood"}
        items = batch.items
        if fault in ("delay", "duplicate", "judge", "refuse_one", "halve"):
            self.struck[fault] += 1
        if fault in ("delay", "duplicate"):
            self._late.append((GONE_FOR, batch))
        if fault == "delay":
            return None
        if fault == "judge":
            return 422, {"error": "item"}
        if fault == "halve":
            return 200, Received(items=self._take(items[: len(items) // 2]))
        if fault == "refuse_one":
            refused = Told(number=items[0].number, status=REFUSED, code="matter_unknown")
            return 200, Received(items=[refused, *self._take(items[1:])])
        return 200, Received(items=self._take(items))

    def _get(self, path: str) -> tuple[int, Any]:
        parts = path.strip("/").split("/")
        if len(parts) not in (3, 4) or parts[0] != "ratings" or parts[3:] not in ([], ["numbers"]):
            return 404, {"error": "not_found"}
        found = self.digests(parts[2])
        return 200, Numbers(items=found) if parts[3:] else Day(count=len(found), digest=day_digest(found))


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    province: Simulator

    def _handle(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        told = self.province.answer(self.command, self.path, dict(self.headers), body)
        if told is None:
            self.close_connection = True
            return
        content = msgspec.json.encode(told[1])
        self.send_response(told[0])
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_PUT = _handle

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet."""


def main(argv: list[str] | None = None) -> int:
    """Serve until told to stop."""
    parser = argparse.ArgumentParser(prog="province-simulator", description=__doc__.partition("\n")[0])
    parser.add_argument("--key", type=Path, required=True, metavar="FILE", help="the key it knows the hall by")
    parser.add_argument("--port", type=int, default=8480)
    parser.add_argument("--faults", type=int, metavar="SEED", help="every third request meets a fault, by this seed")
    chosen = parser.parse_args(argv)
    with Simulator(chosen.key.read_bytes().strip(), port=chosen.port) as province:
        if chosen.faults is not None:
            chance = random.Random(chosen.faults)
            province.will(chance.choice(FAULTS) if chance.random() < 1 / 3 else "fine" for _ in range(100_000))
        print(f"ready {province.url}", flush=True)
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
