"""The bureau's seal at this machine: opened once, then signs every paper, and judges what it signed.

    open(passphrase) ─▶ the token that the settings name, else the key in the folder ─▶ signer held
                        neither: a sample hall makes itself a sample's, any other says what is missing
    fetch_crls()     ─▶ CRLs of the key's chain, where it is time to
    put_out(tasks)   ─▶ pre-flight ─▶ render ─▶ seal ─▶ judged: SignedDocument and verdict, one or many    open() before
    verify(bytes)    ─▶ verdict against the folder's own trust list

Everything here takes time: call it in a worker thread.
"""

from __future__ import annotations

import hashlib
import io
import threading
from collections.abc import Callable, Generator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from sync.errors import DocumentError
from sync.records.states import PaperKind
from sync.verdict import TrustRoots, Verdict

if TYPE_CHECKING:
    from workstation.documents.approval import Approved
    from workstation.documents.crew import Result, Task
    from workstation.documents.outside import Authorities, Outside
    from workstation.documents.passphrase import Kept, PassphraseStore
    from workstation.documents.preflight import Preflight, Revocation
    from workstation.documents.sign import DocumentSigner
    from workstation.documents.token import Token

CREW_FROM = 8
"""So many papers at once are worth processes of their own, which take a second to load."""


class Certificate(msgspec.Struct, frozen=True):
    """What a signer's certificate says; days are ISO days of the hall's time."""

    holder: str
    serial: str
    valid_from: int
    valid_until: int
    kept: str
    sample: bool = True


class Preview(msgspec.Struct, frozen=True):
    """A paper before it is signed; `digest` is the SHA-256 of its bytes."""

    pdf: bytes
    pages: int
    digest: str


class SealHolder:
    """One key for the life of the process. `bureau`, `server`, `font_folder`, `token` – the PKCS#11 URI
    of the settings, empty for the key in the folder – and `sample`, whether the hall is one, are asked when they are
    needed."""

    def __init__(
        self,
        folder: Path,
        *,
        bureau: Callable[[], str],
        server: Callable[[], str],
        font_folder: Callable[[], str] = lambda: "",
        authorities: Callable[[], Authorities] | None = None,
        outside: Callable[[], Outside] | None = None,
        token: Callable[[], str] = lambda: "",
        sample: Callable[[], bool] = lambda: True,
    ) -> None:
        self.folder = folder
        self.crew_from = CREW_FROM
        self.given = ""  # a passphrase or PIN told at the program's start: tried where the keyring has none
        self._authorities = authorities
        self._outside = outside
        self._preflight: Preflight | None = None
        self._bureau = bureau
        self._server = server
        self._font_folder = font_folder
        self._token_uri = token
        self._sample = sample
        self._tokens: dict[str, Token] = {}
        self._stores: dict[str, PassphraseStore] = {}
        self.lost: DocumentError | None = None
        """Why the key was closed: its token was pulled out; None once it is open again."""
        self._lock = threading.Lock()
        self._signer: DocumentSigner | None = None
        self.certificate: Certificate | None = None

    @property
    def is_open(self) -> bool:
        """Whether papers can be signed now."""
        return self._signer is not None

    @property
    def is_new(self) -> bool:
        """Whether there is no key yet: the next passphrase will lock a new one, a sample's."""
        return self._has_none and self._sample()

    @property
    def missing(self) -> str:
        """Where a real hall's key should lie and does not, so that nothing can be signed here; else empty."""
        return "" if self.is_open or not self._has_none or self._sample() else str(self._file)

    @property
    def _file(self) -> Path:
        return self.folder / "seal.p12"

    @property
    def _has_none(self) -> bool:
        return not self.on_token and not self._file.exists()

    @property
    def on_token(self) -> bool:
        """Whether the key is one of a token: what is asked for is its PIN."""
        return bool(self._token_uri())

    def open(self, passphrase: str | None, now_ms: int) -> Certificate:
        """Open the key, with what the machine's keyring holds, with `passphrase`, or with the one given at the start.

        Raises DocumentError `document.passphrase_needed` where nobody has told it, KeyUnusable
        `document.wrong_passphrase`, `document.key_unreadable` where the folder cannot be used, `document.token_…`,
        `document.no_seal` in a real hall without a key.
        """
        from workstation.documents.keys import KeyUnusable, common_name
        from workstation.documents.pki import SAMPLE_WORDS
        from workstation.documents.sealing import WRONG

        with self._lock:
            if self.certificate is not None:
                return self.certificate
            told = passphrase or self.given
            try:
                signer, kept = self._opened((lambda: told) if told else None, now_ms)
            except KeyUnusable as failure:
                if failure.code in WRONG:
                    self.given = ""  # tried once
                raise
            except OSError as error:
                raise KeyUnusable(
                    "document.key_unreadable", path=str(self.folder), reason=error.strerror or type(error).__name__
                ) from None
            held = signer.key.certificate
            name = common_name(held)
            self._preflight = self._watched(signer, now_ms)
            self._signer, self.lost = signer, None
            self.certificate = Certificate(
                holder=name,
                serial=f"{held.serial_number:x}",
                valid_from=round(held.not_valid_before_utc.timestamp() * 1000),
                valid_until=round(held.not_valid_after_utc.timestamp() * 1000),
                kept=str(kept),
                sample=SAMPLE_WORDS in name,
            )
            return self.certificate

    def _watched(self, signer: DocumentSigner, now_ms: int) -> Preflight:
        from workstation.documents.outside import Authorities, Outside
        from workstation.documents.preflight import Preflight

        preflight = Preflight(self.folder / "crls", self._authorities or Authorities, self._outside or Outside)
        preflight.opened(signer.key, now_ms)
        return preflight

    @property
    def revocation(self) -> Revocation | None:
        """How old the CRLs are that speak for the open key; None while it is closed."""
        return self._preflight.state if self._preflight is not None else None

    def fetch_crls(self, now_ms: int) -> bool:
        """Fetch what is due; whether anything was asked. Raises nothing: `revocation` says what did not come."""
        return self._preflight is not None and self._preflight.fetch(now_ms)

    def _opened(self, ask: Callable[[], str] | None, now_ms: int) -> tuple[DocumentSigner, Kept]:
        from workstation.documents.passphrase import PassphraseStore
        from workstation.documents.sealing import open_sample_signer, open_token_signer
        from workstation.documents.token import Token, TokenUri

        if self._has_none and not self._sample():
            raise DocumentError("document.no_seal", path=str(self._file))
        uri = self._token_uri()
        store = self._stores.setdefault(uri, PassphraseStore(uri or f"seal {self.folder}"))
        if not uri:
            return open_sample_signer(self.folder, bureau=self._bureau(), now_ms=now_ms, store=store, ask=ask)
        if uri not in self._tokens:
            self._tokens[uri] = Token(TokenUri.parse(uri))
        return open_token_signer(self._tokens[uri], bureau=self._bureau(), store=store, ask=ask)

    def preview(self, record: Any) -> Preview:
        """The paper of a document record, rendered. Raises DocumentError."""
        from pyhanko.pdf_utils.reader import PdfFileReader

        pdf = self._render(record)
        pages = int(PdfFileReader(io.BytesIO(pdf)).root["/Pages"]["/Count"])
        return Preview(pdf, pages, hashlib.sha256(pdf).hexdigest())

    def _close_lost(self, failure: DocumentError) -> None:
        if failure.code == "document.token_gone":
            self._signer, self.certificate, self.lost = None, None, failure

    def _sealed_on(self, pdf: bytes, approved: Approved | None) -> bytes:
        from workstation.documents.approval import under_seal

        return under_seal(pdf, approved, self._trust())

    def task(self, record: Any, approved: Approved | None = None) -> Task:
        """A document record, to be put out among others. Raises DocumentError."""
        from workstation.documents.crew import Task
        from workstation.documents.registered import paper_of

        return Task(record.id, record.kind, paper_of(record, self._server()), approved)

    def put_out(self, tasks: Sequence[Task], now: Callable[[], int]) -> Generator[Result, None, None]:
        """A signed file with its verdict for each task, or why there is none, as they come: a few in this process, many
        by a crew on all cores. A token that was pulled out closes the key. Raises DocumentError."""
        signer, preflight = self._signer, self._preflight
        if signer is None or preflight is None:
            raise self.lost or DocumentError("document.passphrase_needed", account=str(self.folder))
        way = self._alone if len(tasks) < self.crew_from else self._by_crew
        for result in way(tasks, signer, preflight, now):
            if result.why is not None:
                self._close_lost(DocumentError(result.why[0], **result.why[1]))
            yield result

    def _by_crew(
        self, tasks: Sequence[Task], signer: DocumentSigner, preflight: Preflight, now: Callable[[], int]
    ) -> Generator[Result, None, None]:
        from workstation.documents.crew import Crew

        crew = Crew(
            signer.key,
            signer.face,
            self._trust(),
            now=now,
            check=lambda at_ms: preflight.check(signer.key, at_ms=at_ms),
            font_folder=self._font_folder(),
        )
        with crew:
            yield from crew.results(tasks)

    def _alone(
        self, tasks: Sequence[Task], signer: DocumentSigner, preflight: Preflight, now: Callable[[], int]
    ) -> Generator[Result, None, None]:
        from workstation.documents.crew import Result
        from workstation.documents.render import render

        for task in tasks:
            try:
                at_ms = now()
                preflight.check(signer.key, at_ms=at_ms)
                pdf = render(PaperKind(task.kind), task.paper, self._font_folder())
                signed = signer.sign(self._sealed_on(pdf, task.approved), at_ms=at_ms)
                yield Result(document=task.document, signed=signed, verdict=self.verify(signed.data).verdict)
            except DocumentError as failure:
                yield Result(document=task.document, why=(failure.code, failure.params))

    def _render(self, record: Any) -> bytes:
        from workstation.documents.registered import paper_of
        from workstation.documents.render import render

        return render(PaperKind(record.kind), paper_of(record, self._server()), self._font_folder())

    def verify(self, content: bytes) -> Verdict:
        """What can be said of a file, against the hall's roots and the folder's own. Raises InputError without any."""
        from sync.verify import verify_bytes

        return verify_bytes(content, self._trust())

    def _trust(self) -> TrustRoots:
        hall = self._authorities().trust if self._authorities is not None else TrustRoots(())
        roots = hall.certificates or TrustRoots.load(self.folder / "root.pem").certificates
        return TrustRoots(roots, hall.stamps)
