"""Verbs on cases, their materials and papers; `id` is the case unless it says otherwise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sync.protocol.operation import Args, Count, Moment, kind
from sync.protocol.verbs.block import BlockNumber


class ListedMaterial(Args, frozen=True, kw_only=True):
    """One line of the list that a case begins with."""

    id: str
    name: str
    required: bool = False


class SignedFile(Args, frozen=True, kw_only=True):
    """What the registry keeps of a signed file; digests are hex SHA-256. `alone`: why an approver's signature that is
    wanted is not under the seal, `offline`, else empty."""

    sha256: str
    size: Count
    pages: Count
    message_digest: str
    signature: str
    signer: str
    serial: str
    level: str
    signed_at: Moment
    alone: str = ""


@kind("case.receive@1")
class Receive(Args, frozen=True, kw_only=True):
    """Open a case. `document` is the id of its 材料接收凭证, `number` one out of the device's block."""

    matter: str
    site: str
    applicant: str
    applicant_code: str | None = None
    form: Mapping[str, str | None] = {}
    materials: list[ListedMaterial] = []
    ticket: str | None = None
    channel: str = "window"
    document: str
    number: BlockNumber | None = None


@kind("case.take@1")
class Take(Args, frozen=True, kw_only=True):
    """Take the case over: it becomes one's own."""


@kind("case.step@1")
class Step(Args, frozen=True, kw_only=True):
    """A step of the review."""

    step: str
    activity: str
    note: str | None = None


@kind("case.accept@1")
class Accept(Args, frozen=True, kw_only=True):
    """受理: accept the application; `document` is the id of the acceptance notice."""

    document: str


@kind("case.correct@1")
class Correct(Args, frozen=True, kw_only=True):
    """退回补正: tell all defects at once; `document` is the id of the notice, `number` one out of a block."""

    correction: str
    defects: Sequence[Mapping[str, str | None]]
    document: str
    number: BlockNumber | None = None


@kind("case.corrected@1")
class Corrected(Args, frozen=True, kw_only=True):
    """The applicant has put the defects right."""


@kind("case.decline@1")
class Decline(Args, frozen=True, kw_only=True):
    """不予受理: no permit is needed, or the office is not competent."""

    outcome: str  # not_needed | not_competent
    reason: str
    document: str


@kind("case.suspend@1")
class Suspend(Args, frozen=True, kw_only=True):
    """Begin a special procedure: the clock stops."""

    reason: str
    document: str


@kind("case.continue@1")
class Continue(Args, frozen=True, kw_only=True):
    """End the special procedure: the clock goes on."""


@kind("case.extend@1")
class Extend(Args, frozen=True, kw_only=True):
    """延期: ten more working days, by the approver, once."""

    reason: str
    document: str


@kind("case.submit@1")
class Submit(Args, frozen=True, kw_only=True):
    """送审批: the review is done, with its opinion and proposal (granted | denied)."""

    opinion: str
    proposal: str


@kind("case.decide@1")
class Decide(Args, frozen=True, kw_only=True):
    """准予 or 不予: the number is reserved and the right to issue goes to the reviewing device."""

    decision: str  # granted | denied
    reasons: str
    authorisation: str
    document: str


@kind("case.reopen@1")
class Reopen(Args, frozen=True, kw_only=True):
    """Back to the review, before issue; an authorisation that is out comes back and its number goes void."""

    reason: str


@kind("case.issue@1")
class Issue(Args, frozen=True, kw_only=True):
    """The decision is signed and issued under its authorisation."""

    authorisation: str
    signed: SignedFile


@kind("case.deliver@1")
class Deliver(Args, frozen=True, kw_only=True):
    """送达: handed over; `document` is the id of the delivery receipt, `invite` of the invitation to rate.
    `details` are what the way needs: tracking and received; address; witness and place; through and received."""

    receiver: str
    method: str  # window | courier | electronic | left | entrusted
    details: Mapping[str, str] = {}
    document: str
    invite: str


@kind("case.attempt@1")
class Attempt(Args, frozen=True, kw_only=True):
    """送达未果: a way was tried in vain on this day, and why; `attempt` is the record's id."""

    attempt: str
    method: str
    day: str
    reason: str


@kind("case.post@1")
class Post(Args, frozen=True, kw_only=True):
    """公告送达: post the notice; `document` is the id of the receipt that its end will prepare."""

    notice: str
    reason: str  # unknown | impossible
    document: str


@kind("case.serve@1")
class Serve(Args, frozen=True, kw_only=True):
    """By the clock: the notice's days are over, so it counts as delivered."""

    notice: str
    document: str


@kind("case.withdraw@1")
class Withdraw(Args, frozen=True, kw_only=True):
    """The applicant withdraws before a decision."""

    reason: str


@kind("case.revoke@1")
class Revoke(Args, frozen=True, kw_only=True):
    """撤销: the granted permit is taken back."""

    reason: str
    document: str


@kind("case.cancel@1")
class Cancel(Args, frozen=True, kw_only=True):
    """注销: the permit ends."""

    reason: str
    document: str


@kind("case.amend@1")
class Amend(Args, frozen=True, kw_only=True):
    """更正: the new paper `document` of the same `kind` replaces the signed one that it `corrects`; `changes` are the
    facts that were wrong."""

    corrects: str
    kind: str
    changes: Mapping[str, str]
    reason: str
    document: str


@kind("case.change@1")
class Change(Args, frozen=True, kw_only=True):
    """变更: what the signed `licence` says changes; `document` is the decision of it, `reissue` the licence anew."""

    licence: str
    changes: Mapping[str, str]
    reason: str
    document: str
    reissue: str


@kind("case.edit@1")
class Edit(Args, frozen=True, kw_only=True):
    """Change one field of the form; `was` is the value its author saw."""

    field: str
    was: str | None
    value: str | None


@kind("case.note@1")
class Note(Args, frozen=True, kw_only=True):
    """A remark."""

    note: str
    text: str


@kind("case.deem@1")
class Deem(Args, frozen=True, kw_only=True):
    """By the clock: five working days without a notice, so accepted from receipt (行政许可法 art. 32)."""


@kind("case.archive@1")
class Archive(Args, frozen=True, kw_only=True):
    """By the clock: closed long enough, so it leaves for the archive of its office."""

    office: str


@kind("case.move@1")
class Move(Args, frozen=True, kw_only=True):
    """The case and all that hangs on it goes to the people of another scope: an office's, a site's."""

    to: str
    reason: str


@kind("conflict.decide@1")
class DecideConflict(Args, frozen=True, kw_only=True):
    """Settle a clash; `id` is the conflict, of this `case`. `value` is used by the choice `third` alone."""

    case: str
    choice: str  # theirs | mine | third | back
    value: str | None = None


@kind("material.attach@1")
class Attach(Args, frozen=True, kw_only=True):
    """Name a file for a material, new or listed; `id` is the material. The blob may follow."""

    case: str
    name: str
    ordinal: Count
    required: bool = False
    sha256: str
    size: Count
    media_type: str


@kind("material.arrived@1")
class Arrived(Args, frozen=True, kw_only=True):
    """By the clock: the blob is at the centre; `id` is the material."""

    sha256: str


@kind("material.check@1")
class Check(Args, frozen=True, kw_only=True):
    """Tick a material as checked, or mark it defective; `id` is the material."""

    state: str  # received | checked | defective
    defect: str | None = None


@kind("material.waive@1")
class Waive(Args, frozen=True, kw_only=True):
    """免提交: a listed material is not asked for; `id` is the material."""

    case: str
    way: str  # verified | committed | abolished
    source: str


@kind("document.register@1")
class Register(Args, frozen=True, kw_only=True):
    """A paper that no approval precedes has been signed; `id` is the document."""

    signed: SignedFile


@kind("document.approve@1")
class Approve(Args, frozen=True, kw_only=True):
    """The approver has signed the prepared decision, whose `digest` tells what it says; `sha256` is the signed, stamped
    file on which the seal is set. `id` is the document, of this `case`."""

    case: str
    digest: str
    sha256: str
    size: Count
    serial: str


@kind("document.waive@1")
class SealAlone(Args, frozen=True, kw_only=True):
    """The approver cannot sign, since there is no time stamp: the seal alone is set. `id` is the document, of this
    `case`."""

    case: str
    digest: str


@kind("document.augment@1")
class Augment(Args, frozen=True, kw_only=True):
    """The same signature went up a level: another file of the paper; `id` is the document. `stamp_ends` is when the
    certificate of its last time stamp ends."""

    sha256: str
    size: Count
    level: str
    message_digest: str
    signature: str
    stamp_ends: Moment | None = None


@kind("document.raise@1")
class Raise(Args, frozen=True, kw_only=True):
    """This machine raises the signature from now on; `id` is the document. `mark` stands for the servers and trust
    lists that the hall has set; `asked`: a person wants it now."""

    mark: str
    asked: bool = False


@kind("document.stay@1")
class Stay(Args, frozen=True, kw_only=True):
    """The signature gets no further with what `mark` stands for, and why; `id` is the document."""

    mark: str
    code: str
    subject: str = ""
    reason: str = ""


@kind("authorisation.return@1")
class ReturnAuthorisation(Args, frozen=True, kw_only=True):
    """The device gives the right to issue back unused; `id` is the authorisation."""


@kind("authorisation.claim@1")
class ClaimAuthorisation(Args, frozen=True, kw_only=True):
    """Another device asks for the right to issue after the former was returned or has expired; `id` is the case."""

    authorisation: str


@kind("authorisation.expire@1")
class ExpireAuthorisation(Args, frozen=True, kw_only=True):
    """By the clock: the right to issue has run out; `id` is the authorisation."""
