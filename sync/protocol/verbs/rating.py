"""Verbs on invitations, ratings and the callback ledger; `id` is the invite (rating) or the ledger entry."""

from __future__ import annotations

from sync.protocol.operation import Args, kind


@kind("rating.give@1")
class Give(Args, frozen=True, kw_only=True):
    """A citizen rates; the id is the invite's. With `tags` go the version of their set and the `matter` rated, whose
    nature of service says which sets are its own."""

    level: str
    person_level: str | None = None
    tags: list[str] = []
    tag_version: int | None = None
    matter: str | None = None
    words: str | None = None
    channel: str = "phone"


@kind("rating.supplement@1")
class Supplement(Args, frozen=True, kw_only=True):
    """Words added to a rating."""

    supplement: str
    words: str


@kind("invite.open@1")
class OpenInvite(Args, frozen=True, kw_only=True):
    """By the clock: a person who was served, and left without a finish, is invited to rate it. `queue` is the ticket's
    scope, `segment` the stretch of service; without one its last."""

    queue: str
    ticket: str
    segment: str | None = None


@kind("invite.lapse@1")
class Lapse(Args, frozen=True, kw_only=True):
    """By the clock: nobody rated; a default is entered, kept apart."""


@kind("tags.publish@1")
class PublishTags(Args, frozen=True, kw_only=True):
    """The tags that go with a level for matters of a nature, from now on; the id is `nature/level/version`, and every
    earlier version stays, since ratings were given by it. Each tag has a `code` and its words, `zh` and `en`."""

    nature: str
    level: str
    version: int
    tags: list[dict[str, str]]


@kind("ledger.open@1")
class OpenEntry(Args, frozen=True, kw_only=True):
    """A telephone complaint as an entry of its own."""

    matter: str
    window: str | None = None
    rated_staff: str | None = None
    site: str
    holder: str | None = None
    phone: str | None = None
    words: str


@kind("ledger.assign@1")
class Assign(Args, frozen=True, kw_only=True):
    """Give the entry to a handler, never to the rated clerk."""

    handler: str


@kind("ledger.attempt@1")
class Attempt(Args, frozen=True, kw_only=True):
    """A try to reach the person."""

    attempt: str
    round: str  # first | second
    outcome: str  # reached | busy | no_answer | refused | wrong_number
    note: str | None = None


@kind("ledger.tick@1")
class Tick(Args, frozen=True, kw_only=True):
    """An answer on the checklist."""

    item: str
    value: str | None


@kind("ledger.verify@1")
class Verify(Args, frozen=True, kw_only=True):
    """What the callback found: true, partly, untrue or mistaken, and why."""

    finding: str
    cause: str | None = None


@kind("ledger.interview@1")
class Interview(Args, frozen=True, kw_only=True):
    """约谈: the rated person was spoken to."""

    note: str


@kind("ledger.plan@1")
class Plan(Args, frozen=True, kw_only=True):
    """The measure promised and the office that answers for it: rectification begins."""

    measure: str
    office: str


@kind("ledger.transfer@1")
class TransferEntry(Args, frozen=True, kw_only=True):
    """转科室: another office answers; no clock restarts."""

    office: str


@kind("ledger.rectified@1")
class Rectified(Args, frozen=True, kw_only=True):
    """Put right, with the evidence."""

    evidence: str


@kind("ledger.attach@1")
class AttachEvidence(Args, frozen=True, kw_only=True):
    """A photograph or a PDF of what was put right; `file` is its own id, and the blob may follow."""

    file: str
    name: str
    sha256: str
    size: int
    media_type: str


@kind("ledger.detach@1")
class DetachEvidence(Args, frozen=True, kw_only=True):
    """A file that does not belong here is taken back; that it was there, and why not, stays."""

    file: str
    reason: str


@kind("ledger.arrived@1")
class EvidenceArrived(Args, frozen=True, kw_only=True):
    """By the clock: the blob of a piece of evidence is at the centre; the id is the file's own."""

    sha256: str


@kind("ledger.second@1")
class Second(Args, frozen=True, kw_only=True):
    """The second callback reached the person, who says how it is now (a level)."""

    level: str
    note: str | None = None


@kind("ledger.close@1")
class Close(Args, frozen=True, kw_only=True):
    """Closed after a second callback, or three logged failed tries on at least two days."""


@kind("ledger.reopen@1")
class ReopenEntry(Args, frozen=True, kw_only=True):
    """The second callback was not content: rectify again."""

    reason: str


@kind("ledger.appeal@1")
class Appeal(Args, frozen=True, kw_only=True):
    """The finding was `untrue`: asks for the entry to be voided."""

    reason: str


@kind("ledger.uphold@1")
class Uphold(Args, frozen=True, kw_only=True):
    """The appeal was refused."""

    reason: str


@kind("ledger.void@1")
class Void(Args, frozen=True, kw_only=True):
    """The appeal was granted: the entry is void."""

    reason: str


@kind("ledger.warn@1")
class Warn(Args, frozen=True, kw_only=True):
    """By the clock: `percent` of the limit (50, 80 or 100) that ends at `until` (ms) has passed."""

    clock: str  # callback | rectify
    percent: int
    until: int
