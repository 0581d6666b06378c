"""Bodies packed and unpacked: what comes out is what went in, and no body unpacks to more than its limit."""

import gzip
import io
from collections.abc import Callable

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from server_stub.compression import NotReadable, TooLarge, accepts, pack, unpack

LIMIT = 1 << 20
PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "zstd": zstandard.ZstdCompressor(level=19).compress,
    "gzip": gzip.compress,
    "": bytes,
    "identity": bytes,
}


@given(st.binary(max_size=5_000), st.sampled_from(sorted(PACKERS)))
def test_what_goes_in_comes_out(body: bytes, coding: str) -> None:
    assert unpack(PACKERS[coding](body), coding, LIMIT) == body


@given(st.binary(min_size=1_024, max_size=5_000), st.sampled_from(["zstd", "gzip", "gzip, zstd", "zstd;q=0, gzip"]))
def test_answers_are_packed_as_the_client_likes(body: bytes, accepted: str) -> None:
    packed, coding = pack(body, accepted)
    assert coding == (b"gzip" if "q=0" in accepted or "zstd" not in accepted else b"zstd")
    assert unpack(packed, coding.decode(), LIMIT) == body


@pytest.mark.parametrize("accepted", ["", "identity", "br", "zstd;q=0", "zstd; q=0.000, gzip;q=0"])
def test_a_client_that_likes_neither_gets_plain(accepted: str) -> None:
    assert pack(b"x" * 5_000, accepted) == (b"x" * 5_000, None)


def test_weights() -> None:
    assert accepts("GZIP;q=0.1, zstd ; q=1.0, br;q=0") == {"gzip", "zstd"}


@pytest.mark.parametrize("coding", ["zstd", "gzip"])
@pytest.mark.parametrize("size", [LIMIT + 1, 300 * LIMIT])
def test_a_bomb_is_too_large_and_not_unpacked(coding: str, size: int) -> None:
    bomb = PACKERS[coding](bytes(size))
    assert len(bomb) < size // 100
    with pytest.raises(TooLarge):
        unpack(bomb, coding, LIMIT)


def test_the_limit_itself_is_allowed() -> None:
    for coding, packer in PACKERS.items():
        assert len(unpack(packer(bytes(LIMIT)), coding, LIMIT)) == LIMIT


def test_a_frame_that_wants_much_memory_is_not_read() -> None:
    wide = zstandard.ZstdCompressionParameters(window_log=27, compression_level=3)
    out = io.BytesIO()
    with zstandard.ZstdCompressor(compression_params=wide).stream_writer(out, closefd=False) as writer:
        writer.write(b"x" * 100)
    with pytest.raises(NotReadable):
        unpack(out.getvalue(), "zstd", LIMIT)


@pytest.mark.parametrize("coding", ["zstd", "gzip", "br", "gzip, zstd"])
@given(st.binary(min_size=1, max_size=200))
def test_rubbish_is_not_readable(coding: str, body: bytes) -> None:
    try:
        unpack(body, coding, LIMIT)
    except NotReadable:
        return
    assert coding in ("zstd", "gzip"), "a random frame may be one"


@pytest.mark.parametrize("coding", ["zstd", "gzip"])
def test_a_body_cut_short_is_not_taken_for_whole(coding: str) -> None:
    body = bytes(range(256)) * 40
    packed = PACKERS[coding](body)
    for cut in range(1, len(packed)):
        try:
            assert unpack(packed[:cut], coding, LIMIT) != body or coding == "zstd"
        except NotReadable:
            continue
