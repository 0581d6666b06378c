"""Tables of the central store alone: the log and its heads, results, what falls due, devices, sessions, secrets."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Integer, LargeBinary, MetaData, String, Table, Text

from sync.records.base import NAMES

CENTRAL = MetaData(naming_convention=NAMES)

Table(
    "head",
    CENTRAL,
    Column("scope", String, primary_key=True),
    Column("seq", BigInteger, nullable=False),
    Column("hash", String, nullable=False),
    Column("floor", BigInteger, nullable=False),
)
Table(
    "saved",  # how far the last backup reaches: what lies behind it, replicas need not keep
    CENTRAL,
    Column("scope", String, primary_key=True),
    Column("seq", BigInteger, nullable=False),
    Column("at", BigInteger, nullable=False),
)
Table(
    "log",
    CENTRAL,
    Column("scope", String, primary_key=True),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("table", String, nullable=False),
    Column("id", String, nullable=False),
    Column("v", Integer, nullable=False),
    Column("device", String, nullable=False),
    Column("n", BigInteger, nullable=False),
    Column("by", String, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("body", LargeBinary),
    Column("digest", String, nullable=False),
    Column("hash", String, nullable=False),
)
Table(  # the tables of records as they were when this store was last served
    "shape",
    CENTRAL,
    Column("name", String, primary_key=True),
    Column("digest", String, nullable=False),
)
Table(  # scopes written down as a whole, for an hour
    "snapshot",
    CENTRAL,
    Column("scope", String, primary_key=True),
    Column("seq", BigInteger, nullable=False),
    Column("hash", String, nullable=False),
    Column("rows", BigInteger, nullable=False),
    Column("blob", String, nullable=False, index=True),
    Column("size", BigInteger, nullable=False),
    Column("at", BigInteger, nullable=False),
)
Table(
    "result",
    CENTRAL,
    Column("device", String, primary_key=True),
    Column("n", BigInteger, primary_key=True, autoincrement=False),
    Column("kind", String, nullable=False),
    Column("said", String, nullable=False),  # digest of what was said: another text under the same n is a cloned device
    Column("by", String, nullable=False),
    Column("scope", String, nullable=False),
    Column("status", String, nullable=False),
    Column("code", String),
    Column("params", Text, nullable=False),
    Column("seqs", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("received", BigInteger, nullable=False),
)
Table(
    "failed_try",
    CENTRAL,
    Column("device", String, primary_key=True),
    Column("n", BigInteger, primary_key=True, autoincrement=False),
    Column("tries", Integer, nullable=False),
)
Table(
    "due",
    CENTRAL,
    Column("id", String, primary_key=True),
    Column("at", BigInteger, nullable=False, index=True),
    Column("kind", String, nullable=False),
    Column("record", String, nullable=False),
    Column("scope", String, nullable=False),
    Column("args", Text, nullable=False),
)
Table(
    "device",
    CENTRAL,
    Column("id", String, primary_key=True),
    Column("label", String, nullable=False),
    Column("public_key", String, nullable=False),  # Ed25519, base64url
    Column("state", String, nullable=False),  # active | frozen | revoked
    Column("last_n", BigInteger, nullable=False),
    Column("last_contact_at", BigInteger, nullable=False),
    Column("enrolled_at", BigInteger, nullable=False),
)
Table(
    "enrol_code",
    CENTRAL,
    Column("hash", String, primary_key=True),
    Column("expires_at", BigInteger, nullable=False),
    Column("used_by", String),
    Column("given_by", String),  # null: where the server stands
)
Table(
    "session",
    CENTRAL,
    Column("id", String, primary_key=True),
    Column("device", String, nullable=False, index=True),
    Column("staff", String, nullable=False),
    Column("opened_at", BigInteger, nullable=False),
    Column("until", BigInteger, nullable=False),
    Column("ended_at", BigInteger),
)
Table(
    "token",
    CENTRAL,
    Column("hash", String, primary_key=True),
    Column("session", String, nullable=False, index=True),
    Column("expires_at", BigInteger, nullable=False),
)
Table(
    "spent_challenge",
    CENTRAL,
    Column("hash", String, primary_key=True),
    Column("expires_at", BigInteger, nullable=False, index=True),
)
Table(
    "opening",  # a bucket: how many sessions a device has opened lately
    CENTRAL,
    Column("device", String, primary_key=True),
    Column("level", Integer, nullable=False),
    Column("at", BigInteger, nullable=False),
)
Table(  # how often an address of the network has asked for a seat within the hour
    "visit",
    CENTRAL,
    Column("address", String, primary_key=True),  # an HMAC of it
    Column("since", BigInteger, nullable=False, index=True),
    Column("tries", BigInteger, nullable=False),
)
Table(
    "credential",
    CENTRAL,
    Column("staff", String, primary_key=True),
    Column("verifier", String, nullable=False),
)
Table(
    "wrong_pin",
    CENTRAL,
    Column("device", String, primary_key=True),
    Column("staff", String, primary_key=True),  # as it was typed; empty for all at this device
    Column("tries", Integer, nullable=False),
    Column("at", BigInteger, nullable=False),
)
Table(
    "secret",
    CENTRAL,
    Column("name", String, primary_key=True),
    Column("value", LargeBinary, nullable=False),
)
Table(
    "blob",
    CENTRAL,
    Column("sha256", String, primary_key=True),
    Column("size", BigInteger, nullable=False),
    Column("media_type", String, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("loose_at", BigInteger, index=True),  # since when no record names it
)
Table(  # of which papers a device has sent this file: their naming it proves nobody's possession of it
    "blob_paper",
    CENTRAL,
    Column("sha256", String, primary_key=True),
    Column("paper", String, primary_key=True),
)
Table(  # how many bytes of files a device has sent on a day of the hall, whatever became of them
    "blob_day",
    CENTRAL,
    Column("device", String, primary_key=True),
    Column("day", String, primary_key=True),
    Column("bytes", BigInteger, nullable=False),
)
Table(
    "lookup",
    CENTRAL,
    Column("id", String, primary_key=True),
    Column("at", BigInteger, nullable=False, index=True),
    Column("staff", String, nullable=False),
    Column("device", String, nullable=False),
    Column("session", String, nullable=False),
    Column("asked", Text, nullable=False),  # what was searched for
    Column("shown", Text, nullable=False),  # JSON list of the cases it met
)
Table(
    "upload",  # what the province is to know of a rating, and whether it said that it does
    CENTRAL,
    Column("number", String, primary_key=True),  # by which the province knows it: nothing of ours can be told from it
    Column("record", String, nullable=False),
    Column("day", String, nullable=False, index=True),
    Column("digest", String, nullable=False),
    Column("state", String, nullable=False),  # waiting | acknowledged | refused
    Column("tries", Integer, nullable=False),
    Column("next_at", BigInteger, nullable=False, index=True),
    Column("code", String),  # why it was refused
    Column("acknowledged_at", BigInteger),
)
Table(
    "upload_day",  # a day of the hall, held against the province's once it is over
    CENTRAL,
    Column("day", String, primary_key=True),
    Column("state", String, nullable=False),  # open | equal | different
    Column("ours", Integer, nullable=False),
    Column("theirs", Integer, nullable=False),
    Column("missing", Text, nullable=False),  # JSON lists of numbers
    Column("differing", Text, nullable=False),
    Column("extra", Text, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("next_at", BigInteger, nullable=False),
    Column("compared_at", BigInteger),
)
Table(
    "connector",  # one row a connector: how far it has read the log, which process runs it, how it fares
    CENTRAL,
    Column("name", String, primary_key=True),
    Column("seq", BigInteger, nullable=False),
    Column("holder", String, nullable=False),
    Column("until", BigInteger, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("next_at", BigInteger, nullable=False),
    Column("last_ok_at", BigInteger),
    Column("trouble", String),
    Column("trouble_at", BigInteger),
)
