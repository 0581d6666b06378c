"""One process of a crew (crew.py): everything of a paper but the key.

    stdin   Begin, then Job …; Signature for each ToSign        a frame: four bytes of length, then MessagePack
    stdout  ToSign ─▶ Done | Failed

It ends when its standard input does, and so never outlives who started it.
"""

from __future__ import annotations

import contextlib
import os
import sys
from typing import IO, Any

import msgspec
from cryptography import x509
from pyhanko.sign.general import SigningError

from sync.errors import DocumentError
from sync.records.states import PaperKind
from sync.verdict import TrustRoots
from workstation.documents.approval import Approved, under_seal
from workstation.documents.papers import PaperData
from workstation.documents.render import shared_renderer
from workstation.documents.seal import SealFace
from workstation.documents.sign import DocumentSigner, SignedDocument


class Begin(msgspec.Struct, frozen=True, tag=True):
    """Whose papers: certificates as DER, the signature algorithm, the seal, the fonts, the trust anchors as DER."""

    certificate: bytes
    chain: tuple[bytes, ...]
    mechanism: str
    face: SealFace
    font_folder: str
    trust: TrustRoots


class Job(msgspec.Struct, frozen=True, tag=True):
    """Put this out."""

    kind: str
    paper: PaperData
    at_ms: int
    approved: Approved | None = None


class Signature(msgspec.Struct, frozen=True, tag=True):
    """The signature over what was asked; empty: the key refuses."""

    value: bytes


class ToSign(msgspec.Struct, frozen=True, tag=True):
    """Sign this."""

    data: bytes


class Done(msgspec.Struct, frozen=True, tag=True):
    """A signed file and what is to be said of it."""

    signed: SignedDocument
    verdict: str


class Failed(msgspec.Struct, frozen=True, tag=True):
    """Why there is none."""

    code: str
    params: dict[str, Any]


Message = Begin | Job | Signature | ToSign | Done | Failed
_DECODER = msgspec.msgpack.Decoder(Message)


def write(pipe: IO[bytes], message: Message) -> None:
    """One frame."""
    content = msgspec.msgpack.encode(message, enc_hook=str)
    pipe.write(len(content).to_bytes(4, "big") + content)
    pipe.flush()


def read(pipe: IO[bytes]) -> Message | None:
    """One frame; None at the end."""
    head = pipe.read(4)
    content = pipe.read(int.from_bytes(head, "big")) if len(head) == 4 else b""
    return _DECODER.decode(content) if len(head) == 4 and len(content) == int.from_bytes(head, "big") else None


class _PipedKey:
    """The key as a member has it: it asks."""

    def __init__(self, begin: Begin, asks: IO[bytes], answers: IO[bytes]) -> None:
        self.certificate = x509.load_der_x509_certificate(begin.certificate)
        self.chain = tuple(x509.load_der_x509_certificate(der) for der in begin.chain)
        self.mechanism = begin.mechanism
        self._asks = asks
        self._answers = answers

    def sign(self, data: bytes) -> bytes:
        write(self._asks, ToSign(data))
        answer = read(self._answers)
        if not isinstance(answer, Signature) or not answer.value:
            raise SigningError("refused")
        return answer.value


def serve() -> None:
    """The member's loop."""
    answers, asks = sys.stdin.buffer, os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # whatever a library prints is no message
    with contextlib.suppress(KeyboardInterrupt, BrokenPipeError):
        begin = read(answers)
        if not isinstance(begin, Begin):
            return
        from sync.verify import verify_bytes

        renderer = shared_renderer(begin.font_folder)
        signer = DocumentSigner(_PipedKey(begin, asks, answers), begin.face, renderer)
        trust = begin.trust
        while isinstance(job := read(answers), Job):
            try:
                pdf = under_seal(renderer.render(PaperKind(job.kind), job.paper), job.approved, trust)
                signed = signer.sign(pdf, at_ms=job.at_ms)
                verdict = verify_bytes(signed.data, trust).verdict
                write(asks, Done(signed, str(verdict)))
            except DocumentError as failure:
                write(asks, Failed(failure.code, failure.params))
