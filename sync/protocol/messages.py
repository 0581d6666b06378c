"""The wire: what client and server say to each other. JSON, zstd or gzip; errors are problem details (RFC 9457).

POST /v1/enrol      Enrol → Enrolled
POST /v1/challenge  Challenge → Challenged
POST /v1/session    OpenSession → SessionOpened
POST /v1/session/renew  RenewSession → Renewed
DELETE /v1/session
POST /v1/push       Push → Pushed; signed (see `signing`)
GET  /v1/pull       → Pulled
GET  /v1/snapshot   → Snapshot, whose file is fetched like any blob
GET  /v1/find       → Found
GET  /v1/contacts   → Contacts
GET  /v1/slip       → Slip
POST /v1/rating, /v1/rating/find  → rating.py
GET  /v1/province   → ProvinceState
POST /v1/heartbeat  Beat → Heard
POST /v1/lease      AskLeases → Leases
GET  /v1/live       server-sent events: head {scope: seq}
PUT | GET | HEAD /v1/blob/{sha256}
"""

from __future__ import annotations

from typing import Any

import msgspec

from sync.protocol.operation import Envelope

PUSH_OPERATIONS = 100
PUSH_BYTES = 1 << 20
PULL_OPERATIONS = 2000
FIND_ROWS = 20
CLIENT = 1
"""What this program speaks as a client: raised when rows or answers come that an earlier one cannot take in."""
BLOB_BYTES = 32 << 20

ACCEPTED, REFUSED, CONFLICT, HELD, QUARANTINED, RETRY = (
    "accepted",
    "refused",
    "conflict",
    "held",
    "quarantined",
    "retry",
)
FINAL = frozenset({ACCEPTED, REFUSED, CONFLICT, HELD, QUARANTINED})


class Message(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Base of the messages: unknown fields are passed over, so that an older end understands a newer one."""


class Problem(Message, kw_only=True, omit_defaults=True):
    """RFC 9457 problem details; `code` is a catalogue key."""

    type: str = "about:blank"
    title: str
    status: int
    code: str
    detail: str = ""
    params: dict[str, Any] = {}


class Enrol(Message, kw_only=True, omit_defaults=True):
    """A one-time code turns a machine into a device: `key` is the public half of its Ed25519 key, `proof` the code
    signed with it."""

    code: str
    label: str
    key: str
    proof: str


class Enrolled(Message, kw_only=True, omit_defaults=True):
    """The device's id and the shapes of the tables it will hold."""

    hall: str
    device: str
    shapes: Any


class Challenge(Message, kw_only=True, omit_defaults=True):
    """A device wants to prove itself."""

    device: str


class Challenged(Message, kw_only=True, omit_defaults=True):
    """What to sign: good once, and not for long."""

    challenge: str
    expires_at: int


class OpenSession(Message, kw_only=True, omit_defaults=True):
    """A person signs on at a device; `proof` is the device's signature over what is opened."""

    device: str
    challenge: str
    proof: str
    staff: str
    pin: str


class RenewSession(Message, kw_only=True, omit_defaults=True):
    """A person still works: a new token for a session, whether or not its last one has run out."""

    device: str
    session: str
    challenge: str
    proof: str


class Renewed(Message, kw_only=True, omit_defaults=True):
    """The new token; an old one lasts as long as it would have."""

    token: str
    expires_at: int


class Grant(Message, kw_only=True, omit_defaults=True):
    """A person's role on a scope."""

    role: str
    over: str


class SessionOpened(Message, kw_only=True, omit_defaults=True):
    """`token` is opaque and short-lived, `until` the end of the session however often it is renewed, `key` signs the
    session's requests; `verifier` lets the device check the same PIN without a network. `expect` is the next n that the
    server expects: a copy restored from an old backup learns here which numbers it must not use again."""

    session: str
    token: str
    expires_at: int
    until: int
    key: str
    now: int
    staff: str
    name: str
    site: str
    grants: list[Grant]
    scopes: list[str]
    verifier: str
    expect: int = 1


class Push(Message, kw_only=True, omit_defaults=True):
    """Operations of one device in order of n, possibly of several people."""

    device: str
    boot: str
    boot_now: int
    ops: list[Envelope]
    epoch: str | None = None  # the centre's history as this device knows it; None: it says nothing of it
    answered: int = 0  # the highest n that was answered: a centre that knows less was restored from a backup
    follows: int = 0  # the last n of the push before it, which is under way: nothing is taken until that n has ended


class Result(Message, kw_only=True, omit_defaults=True):
    """How one operation ended; `seqs` tells the last row it wrote in each scope."""

    n: int
    status: str
    code: str | None = None
    params: dict[str, Any] = {}
    seqs: dict[str, int] = {}


class Restored(Message, kw_only=True, omit_defaults=True):
    """The centre was restored from a backup, and its history is another one since: `epoch` names it, `at` says when,
    `expect` is the lowest n of this device that it knows nothing of."""

    epoch: str
    at: int
    expect: int


class Pushed(Message, kw_only=True, omit_defaults=True):
    """The results, and the next n that the server expects; `revoked`: this was the last push. `restored`: as of a pull,
    for a device that is answered none any more."""

    results: list[Result]
    expect: int
    now: int
    revoked: bool = False
    restored: Restored | None = None


class Origin(Message, omit_defaults=True, gc=False):
    """Whose operation a log row comes from."""

    device: str
    n: int


class LogRow(Message, omit_defaults=True, gc=False):
    """One row image, as the bytes it was; a body of `null` deletes. `hash` chains it to the row before in its scope."""

    seq: int
    table: str
    id: str
    v: int
    shape: int
    op: Origin
    by: str
    at: int
    body: msgspec.Raw
    digest: str
    hash: str


class Head(Message, kw_only=True, omit_defaults=True):
    """Where a scope stands."""

    seq: int
    hash: str


class ScopePage(Message, kw_only=True, omit_defaults=True):
    """Rows of one scope after `from_`, whole operations only; `more` means: ask again. `snapshot`: no rows, but the
    word that the scope is to be taken as a whole; up to `floor` there is no other way."""

    from_: int = msgspec.field(name="from")
    to: int
    head: Head
    rows: list[LogRow]
    more: bool = False
    snapshot: bool = False
    floor: int = 0


class Snapshot(Message, kw_only=True, omit_defaults=True):
    """A scope as it stood at `seq`: its live rows as lines of JSON packed with zstd, `size` bytes, named `blob`. The
    first line is a SnapshotHead, every other `["table", "id", v, body]`, `rows` of them."""

    seq: int
    hash: str
    rows: int
    blob: str
    size: int


class SnapshotHead(Message, kw_only=True, omit_defaults=True):
    """The first line of a snapshot; `shapes` are the tables as they are at the centre."""

    scope: str
    seq: int
    hash: str
    shapes: Any


class Saved(Message, kw_only=True, omit_defaults=True):
    """How far a backup reaches, by scope; `at` its moment."""

    at: int
    seqs: dict[str, int]


class Pulled(Message, kw_only=True, omit_defaults=True):
    """A page for each scope asked for; `drop` are scopes the device may not hold, `missing` those it did not name.
    `restored`: the history is not the one that the device knows. `saved`: a backup newer than it knows of. `shapes`:
    the tables are not those that the device knows; then nothing else is told."""

    scopes: dict[str, ScopePage]
    drop: list[str] = []
    missing: list[str] = []
    now: int
    min_client: int = 1
    restored: Restored | None = None
    saved: Saved | None = None
    shapes: Any = None


class FoundCase(Message, kw_only=True, omit_defaults=True):
    """One case at the centre that a search met, to be shown and not kept."""

    id: str
    number: str
    matter: str
    applicant: str
    state: str
    scope: str
    received_at: int


class Found(Message, kw_only=True, omit_defaults=True):
    """At most FIND_ROWS cases, those received last first."""

    cases: list[FoundCase]


class Contacts(Message, kw_only=True, omit_defaults=True):
    """When each site was last heard of, ms."""

    sites: dict[str, int]


class Slip(Message, kw_only=True, omit_defaults=True):
    """What the holder of a ticket may take along: the address of its page ("" where nobody has said where the pages are
    reached), how many will be called before, what the wait should be (minutes, from and to) and where. Nothing of it
    for a ticket that the caller's role does not reach."""

    address: str = ""
    code: str = ""  # typed beside the number by who rates at a terminal; like the address, told to nobody who is rated
    ahead: int | None = None
    minutes: list[int] = []
    windows: list[str] = []


class ProvinceDay(Message, kw_only=True, omit_defaults=True):
    """A day of ratings held against the province's: `state` open, equal or different; the numbers are the province's
    names of ratings, some fifty at most, the counts are whole."""

    day: str
    state: str
    ours: int
    theirs: int
    missing: int = 0
    differing: int = 0
    extra: int = 0
    numbers: list[str] = []
    compared_at: int | None = None


class ProvinceState(Message, kw_only=True, omit_defaults=True):
    """How the upload of ratings to the province stands; `on` False: none is set. `trouble` is a code, `refused_for` how
    many were refused for which reason."""

    on: bool
    waiting: int = 0
    acknowledged: int = 0
    refused: int = 0
    refused_for: dict[str, int] = {}
    oldest_day: str = ""
    last_ok_at: int | None = None
    trouble: str = ""
    trouble_at: int | None = None
    next_at: int = 0
    days: list[ProvinceDay] = []


class Beat(Message, kw_only=True, omit_defaults=True):
    """A window session's device is there; `session` is the window session."""

    session: str


class Heard(Message, kw_only=True, omit_defaults=True):
    """It was heard: until `lasts` ms from now nobody else may take the window."""

    lasts: int


class WantedBlock(Message, kw_only=True, omit_defaults=True):
    """Numbers that a device wants to give by itself: of "ticket" with a prefix, or of a kind of paper."""

    of: str
    scope: str
    prefix: str | None = None


class GivenBlock(Message, kw_only=True, omit_defaults=True):
    """Numbers `first` to `last` of a day or year, to be used before `until` (ms, the centre's time)."""

    id: str
    of: str
    scope: str
    prefix: str | None = None
    period: str
    first: int
    last: int
    until: int


class AskLeases(Message, kw_only=True, omit_defaults=True):
    """A window session asks for what it may call without a network, and gives `back` what it was asked for; a device
    asks for `blocks` of numbers, and tells which are `over`. Without a window `session` is empty."""

    session: str = ""
    back: list[str] = []
    blocks: list[WantedBlock] = []
    over: list[str] = []


class LeasedTicket(Message, kw_only=True, omit_defaults=True):
    """One lease: it ends `lasts` ms after the request was sent, by the holder's boot clock."""

    id: str
    ticket: str
    lasts: int


class Leases(Message, kw_only=True, omit_defaults=True):
    """All leases that the session holds now, and the blocks just given."""

    leases: list[LeasedTicket]
    blocks: list[GivenBlock] = []
