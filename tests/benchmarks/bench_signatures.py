"""What signing a push costs, both ends together: a session's MAC against the device's own Ed25519 key, beside the whole
push.

python tests/benchmarks/bench_signatures.py [--tiny]      a push of one operation, and of a hundred
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import itertools
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))

import msgspec
import zstandard

from sync.device_key import DeviceKey, verifies
from sync.protocol.signing import Signer, read, sign
from sync.replica.push import Outgoing, next_push
from tests.benchmarks.rounds import figures
from tests.benchmarks.sync_bench import CLOCK, Window, hall, report, window

SECRET = bytes(32)
_starts = itertools.count(0, 100)
PATH = "/v1/push"


def mac(body: bytes) -> None:
    headers = sign(Signer.of_session("0198f0aa-0000-7000-8000-000000000000", SECRET), "POST", PATH, body)
    _verify(headers, body, lambda value, base: hmac.compare_digest(value, hmac.digest(SECRET, base, "sha256")))


def ed25519(key: DeviceKey, public: str) -> Callable[[bytes], None]:
    def both(body: bytes) -> None:
        headers = sign(key.signer("d0198f0aa-0000-7000-8000-000000000000"), "POST", PATH, body)
        _verify(headers, body, lambda value, base: verifies(public, value, base))

    return both


def _verify(headers: dict[str, str], body: bytes, check: Callable[[bytes, bytes], bool]) -> None:
    read(headers).verify("POST", PATH, hashlib.sha256(body).digest(), check)


def timed(work: Callable[[bytes], None], body: bytes, times: int) -> float:
    """Microseconds for one."""
    began = time.perf_counter()
    for _ in range(times):
        work(body)
    return (time.perf_counter() - began) * 1e6 / times


def packed(message: Outgoing | None) -> bytes:
    """As the transport sends it."""
    content = msgspec.json.encode(message)
    return content if len(content) < 1024 else zstandard.ZstdCompressor(level=3).compress(content)


async def pushed(one: Window, size: int, times: int) -> float:
    """Microseconds of a whole push of so many operations."""
    took = 0.0
    for _ in range(times):
        one.queue(size, next(_starts))
        began = time.perf_counter()
        assert len(await one.exchange.push()) == size
        took += time.perf_counter() - began
    return took * 1e6 / times


async def main(tiny: bool) -> None:
    rounds, times = (1, 20) if tiny else (7, 400)
    key = DeviceKey.make()
    sides = {"mac": mac, "ed25519": ed25519(key, key.public)}
    found: dict[str, list[float]] = {}
    with hall() as (folder, url, codes):
        one = await window(folder, url, codes[0], "0307")
        for _ in range(rounds):
            for size in (1, 100):
                one.queue(size, next(_starts))
                body = packed(next_push(one.store, CLOCK))
                while await one.exchange.push():
                    pass
                for name, work in sides.items():
                    found.setdefault(f"{name}_{size}_us", []).append(timed(work, body, times))
                found.setdefault(f"push_{size}_us", []).append(await pushed(one, size, max(1, times // 20)))
        await one.close()
    report("signatures", rounds=rounds, **{name: figures(values) for name, values in found.items()})


if __name__ == "__main__":
    asyncio.run(main("--tiny" in sys.argv[1:]))
