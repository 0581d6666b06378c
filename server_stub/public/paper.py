"""Is this paper genuine? What the registry says of a document, by the random id that its code holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from server_stub.public.progress import address_of
from server_stub.public.store import PublicStore, one
from sync.paper_code import fingerprint, mac_of
from sync.progress_code import ON_THE_WAY
from sync.records.masking import masked
from sync.records.states import AuthorisationState, DocumentState

PENDING = "pending"
NOT_SIGNED = "not_signed"


@dataclass(frozen=True, slots=True)
class PaperPage:
    """`state` is pending (authorised, its registration on the way), not_signed, valid, superseded, revoked or void;
    `fingerprint` is that of the mac in the paper's code."""

    state: str
    kind: str | None
    number: str | None
    bureau: str
    holder: str
    matter: str
    signed_at: int | None
    registered_at: int | None
    sha256: str | None
    fingerprint: str | None
    newer: tuple[str, str] | None  # number and page of the paper that replaces it
    progress: str  # the path of its case's page, of papers that the applicant alone holds


async def paper_of_page(store: PublicStore, page: str) -> Any:
    """The document of a page id, None where there is none (yet)."""
    found = await store.read("document", page=page)
    return found[0] if found else None


async def paper_page(store: PublicStore, page: str) -> PaperPage | None:
    """The registry's word on a page id, None where it was never given out."""
    papers, given = await store.read("document", page=page), await store.read("issue_authorisation", page=page)
    if not papers and not given:
        return None
    paper = papers[0] if papers else None
    case = await one(store, "case", paper.case if paper else given[0].case)
    hall = await one(store, "hall", store.hall)
    matter = await one(store, "matter", case.matter) if case else None
    if paper is not None:
        given = [*given, *await store.read("issue_authorisation", document=paper.id)]
    state = paper.state if paper else DocumentState.PREPARED
    if state in (DocumentState.PREPARED, DocumentState.RESERVED):
        out = any(authorisation.state == AuthorisationState.OUT for authorisation in given)
        state = PENDING if out else NOT_SIGNED
    return PaperPage(
        state=str(state),
        kind=paper.kind if paper else None,
        number=paper.number if paper and paper.number else (given[0].number if given else None),
        bureau=hall.bureau if hall else "",
        holder=masked(_holder(paper, case)),
        matter=matter.name if matter else "",
        signed_at=paper.signed_at if paper else None,
        registered_at=paper.registered_at if paper else None,
        sha256=paper.sha256 if paper else None,
        newer=await _newer(store, paper),
        progress=await address_of(store, paper.case) if paper and paper.kind in ON_THE_WAY else "",
        fingerprint=fingerprint(mac_of(paper.id, page, paper.kind, paper.number, paper.facts)) if paper else None,
    )


def _holder(paper: Any, case: Any) -> str:
    """As the paper names them: the case may know a newer name."""
    named = (paper.facts or {}).get("addressee") if paper is not None else None
    return str(named or (case.applicant if case is not None else ""))


async def _newer(store: PublicStore, paper: Any) -> tuple[str, str] | None:
    if paper is None or paper.state != DocumentState.SUPERSEDED:
        return None
    after = await one(store, "document", paper.superseded_by)
    return (after.number or "", after.page or "") if after is not None else None
