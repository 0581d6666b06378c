"""States, roles and other closed sets of words that records hold, as plain strings in the tables.

Kept apart from the tables, so that rules and screens read them without loading SQLModel.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class Role(StrEnum):
    """What a person may be in a scope; given by a `role_assignment`."""

    CLERK = "clerk"
    APPROVER = "approver"
    CALLBACK = "callback"
    GRID = "grid"
    DUTY = "duty"
    SUPERVISOR = "supervisor"
    ADMIN = "admin"
    KIOSK = "kiosk"  # a terminal for citizens; over `hall:print` papers, over a queue tickets
    CITIZEN = "citizen"  # the public pages act so; nobody is assigned it
    CLOCK = "clock"  # time itself


class TicketState(StrEnum):
    """ISSUED → WAITING → CALLED → SERVING → DONE, and the ways aside (domain §1)."""

    ISSUED = "issued"
    WAITING = "waiting"
    CALLED = "called"
    RECALLED = "recalled"
    SERVING = "serving"
    HELD = "held"
    MISSED = "missed"
    TRANSFERRED = "transferred"
    DONE = "done"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    CLOSED_END_OF_DAY = "closed_end_of_day"


class Priority(StrEnum):
    """Why a ticket goes before others; the words stand in the list's mark column."""

    NONE = "none"
    APPOINTMENT = "appointment"
    ELDERLY = "elderly"
    DISABLED = "disabled"
    GREEN = "green"


class AppointmentState(StrEnum):
    """BOOKED → CHECKED_IN | CANCELLED | MISSED, and MISSED → LATE, who gets an ordinary ticket."""

    BOOKED = "booked"
    CHECKED_IN = "checked_in"
    CANCELLED = "cancelled"
    MISSED = "missed"
    LATE = "late"


class SessionState(StrEnum):
    """A window session: a person at a window."""

    OPEN = "open"
    PAUSED = "paused"
    CLOSED = "closed"


class RequestState(StrEnum):
    """A window is asked for: ASKED → MET (somebody sat down, or went on) | WITHDRAWN."""

    ASKED = "asked"
    MET = "met"
    WITHDRAWN = "withdrawn"


class LeaseState(StrEnum):
    """A ticket's lease: HELD → ASKED (the centre wants it back) → USED | RETURNED | EXPIRED."""

    HELD = "held"
    ASKED = "asked"
    USED = "used"
    RETURNED = "returned"
    EXPIRED = "expired"


class BlockState(StrEnum):
    """A block of numbers."""

    OUT = "out"
    ENDED = "ended"


class CaseState(StrEnum):
    """The licensing case (domain §14)."""

    RECEIVED = "received"
    NOT_NEEDED = "not_needed"
    NOT_COMPETENT = "not_competent"
    NEED_CORRECTION = "need_correction"
    CORRECTED = "corrected"
    ACCEPTED = "accepted"
    IN_REVIEW = "in_review"
    SPECIAL_PROCEDURE = "special_procedure"
    REVIEWED = "reviewed"
    DECIDED = "decided"
    ISSUED = "issued"
    DELIVERED = "delivered"
    ARCHIVED = "archived"
    WITHDRAWN = "withdrawn"
    REVOKED = "revoked"
    CANCELLED = "cancelled"


CASE_OVER: Final = (
    CaseState.NOT_NEEDED,
    CaseState.NOT_COMPETENT,
    CaseState.DELIVERED,
    CaseState.ARCHIVED,
    CaseState.WITHDRAWN,
    CaseState.REVOKED,
    CaseState.CANCELLED,
)
"""Nothing more is decided in such a case."""


class Decision(StrEnum):
    """What the approver decided."""

    GRANTED = "granted"
    DENIED = "denied"


class MaterialState(StrEnum):
    """One paper of a case."""

    MISSING = "missing"
    RECEIVED = "received"
    CHECKED = "checked"
    DEFECTIVE = "defective"
    WAIVED = "waived"  # 免提交: not asked for


class WaivedBy(StrEnum):
    """Why a paper was not asked for (减证办): its facts were verified with who holds them, the applicant committed to
    them, or nobody needs it any more. The first alone is a paper saved by shared data."""

    VERIFIED = "verified"
    COMMITTED = "committed"
    ABOLISHED = "abolished"


class PaperKind(StrEnum):
    """The dated papers of the licensing case."""

    MATERIAL_RECEIPT = "material_receipt"  # 材料接收凭证
    CORRECTION_NOTICE = "correction_notice"  # 补正告知书
    ACCEPTANCE_NOTICE = "acceptance_notice"  # 受理通知书
    NON_ACCEPTANCE = "non_acceptance"  # 不予受理决定书
    SPECIAL_PROCEDURE = "special_procedure"  # 特别程序告知书
    EXTENSION_NOTICE = "extension_notice"  # 延期通知书
    GRANT_DECISION = "grant_decision"  # 准予行政许可决定书
    REFUSAL_DECISION = "refusal_decision"  # 不予行政许可决定书
    CHANGE_DECISION = "change_decision"  # 准予变更行政许可决定书, with the licence issued anew
    LICENCE = "licence"  # 行政许可证件, issued with the decision to grant
    REVOCATION = "revocation"  # 撤销决定书
    CANCELLATION = "cancellation"  # 注销决定书
    DELIVERY_RECEIPT = "delivery_receipt"  # 送达回证


class DocumentState(StrEnum):
    """PREPARED (numbered, not yet signed) → VALID → SUPERSEDED | REVOKED; a number never used ends VOID. A licence
    is RESERVED until its decision is issued.
    """

    RESERVED = "reserved"
    PREPARED = "prepared"
    VALID = "valid"
    SUPERSEDED = "superseded"
    REVOKED = "revoked"
    VOID = "void"


class PrintState(StrEnum):
    """The right to print one copy: GIVEN → TAKEN → PRINTED → CONFIRMED | FAILED, then given anew (domain §7)."""

    GIVEN = "given"
    TAKEN = "taken"
    PRINTED = "printed"
    CONFIRMED = "confirmed"
    FAILED = "failed"


class NoticeState(StrEnum):
    """A delivery by public notice: POSTED → SERVED when its days are over, WITHDRAWN where something came before."""

    POSTED = "posted"
    SERVED = "served"
    WITHDRAWN = "withdrawn"


class Leg(StrEnum):
    """Which way a parcel goes."""

    OUT = "out"
    BACK = "back"


class ParcelState(StrEnum):
    """A parcel: SENT → ARRIVED | RETURNED | LOST."""

    SENT = "sent"
    ARRIVED = "arrived"
    RETURNED = "returned"
    LOST = "lost"


class BlankState(StrEnum):
    """A blank that has left its stock."""

    USED = "used"
    VOID = "void"


class AuthorisationState(StrEnum):
    """An IssueAuthorisation: OUT at a device → USED | RETURNED | EXPIRED."""

    OUT = "out"
    USED = "used"
    RETURNED = "returned"
    EXPIRED = "expired"


class Level(StrEnum):
    """The five levels of 好差评, best first; the last two are bad."""

    VERY_SATISFIED = "very_satisfied"
    SATISFIED = "satisfied"
    FAIR = "fair"
    DISSATISFIED = "dissatisfied"
    VERY_DISSATISFIED = "very_dissatisfied"


BAD_LEVELS = frozenset({Level.DISSATISFIED, Level.VERY_DISSATISFIED})


class InviteState(StrEnum):
    """An invitation to rate."""

    OPEN = "open"
    RATED = "rated"
    LAPSED = "lapsed"


class LedgerState(StrEnum):
    """The callback and rectification ledger (domain §3)."""

    OPEN = "open"
    ASSIGNED = "assigned"
    CALLBACK_TRIED = "callback_tried"
    VERIFIED = "verified"
    INTERVIEWED = "interviewed"
    RECTIFYING = "rectifying"
    RECTIFIED = "rectified"
    SECOND_CALLBACK = "second_callback"
    CLOSED = "closed"
    REOPENED = "reopened"
    APPEAL_REVIEW = "appeal_review"
    VOIDED = "voided"


class Finding(StrEnum):
    """What the first callback found."""

    TRUE = "true"
    PARTLY = "partly"
    UNTRUE = "untrue"
    MISTAKEN = "mistaken"


class ConflictState(StrEnum):
    """A clash of two values of one field."""

    OPEN = "open"
    DECIDED = "decided"


class Choice(StrEnum):
    """How a conflict was decided."""

    THEIRS = "theirs"
    MINE = "mine"
    THIRD = "third"
    BACK = "back"
