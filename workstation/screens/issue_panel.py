"""One case at its issue, as lines: steps, the paper and what will stand in it, certificate and right, audit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sync.calendar import day_of
from workstation.cells import wrap
from workstation.hours import age, hhmm, moment
from workstation.locale import say
from workstation.views.issue import IssueView
from workstation.widgets.lines import Line

if TYPE_CHECKING:
    from workstation.documents.holder import Certificate, Preview
    from workstation.documents.preflight import Revocation

STEPS = ("check", "preview", "sign", "deliver")
LABEL = 12


def steps_line(at: int) -> Line:
    """`> 第 3 步 签名` among the four."""
    line: list[tuple[str, str]] = []
    for place, step in enumerate(STEPS, 1):
        words = f"{'> ' if place == at else '  '}{say('issue.step', n=place, name=say(f'issue.step.{step}'))}"
        line.append((f"{words}    ", "strong" if place == at else "dim"))
    return line


def sheet(view: IssueView, preview: Preview | None, cells: int) -> tuple[list[Line], list[Line]]:
    """The paper; its facts, line by line: a long one is wrapped, never cut."""
    record = view.record
    kind = say(f"issue.paper.{record.kind}") if record is not None else "-"
    number = (record.number if record is not None else "") or say("issue.no_number")
    digest = preview.digest if preview is not None else ""
    pages = str(preview.pages) if preview is not None else "-"
    if view.issued:
        digest, pages = record.sha256 or "", str(record.pages or "-")
    head: list[Line] = [
        [(say("issue.paper"), "dim"), (kind, "strong"), ("    ", ""), (say("issue.number"), "dim"), (number, "strong")],
        [
            (say("issue.pages"), "dim"),
            (f"{pages}    ", ""),
            (say("issue.signed_digest" if view.issued else "issue.digest"), "dim"),
            (fingerprint(digest), ""),
        ],
    ]
    lines: list[Line] = [[], [(say("issue.facts"), "title")]]
    for place, (name, value) in enumerate(view.facts, 1):
        label = say(f"issue.fact.{name}")
        for part, text in enumerate(wrap(fact_text(name, value), max(cells - 22, 20))):
            number = (f"{place:>3}  ", "key") if part == 0 else ("     ", "")
            lines.append([number, (_padded(label if part == 0 else ""), "dim"), (text, "")])
    return head, lines


def fact_text(name: str, value: Any) -> str:
    """A fact in words: times as days."""
    return day_of(value) if name.endswith("_at") and isinstance(value, int) else str(value)


def fingerprint(digest: str) -> str:
    """`9f3a 27c1 84d0 ... b771`."""
    if not digest:
        return "-"
    return f"{digest[:4]} {digest[4:8]} {digest[8:12]} ... {digest[-4:]}"


def missing_lines(path: str, cells: int) -> list[Line]:
    """A real hall's machine without a key: what is missing, where it belongs, and what else there is."""
    return [[(line, "warn")] for line in wrap(say("issue.no_key", path=path), cells)] if path else []


def certificate_lines(certificate: Certificate | None, is_new: bool, missing: str, cells: int) -> list[Line]:
    """Whose key it is and what is known of its passphrase."""
    title: Line = [(say("issue.certificate"), "title")]
    if missing:
        return [title, *missing_lines(missing, cells)]
    if certificate is None:
        return [title, [(say("issue.key_new" if is_new else "issue.key_closed"), "warn")], []]
    serial = certificate.serial.upper()
    return [
        title,
        [(_padded(say("issue.holder")), "dim"), (certificate.holder, "")],
        [
            (_padded(say("issue.serial")), "dim"),
            (f"{serial[:4]}:...:{serial[-4:]}    ", ""),
            (say("issue.valid"), "dim"),
            (
                say(
                    "issue.from_until",
                    begin=day_of(certificate.valid_from),
                    end=day_of(certificate.valid_until),
                ),
                "",
            ),
            ("    ", ""),
            (say(f"issue.kept.{certificate.kept}"), "warn" if certificate.kept == "session" else ""),
        ],
    ]


def revocation_line(revocation: Revocation | None, now: int) -> Line:
    """How old the list is by which the key's certificate was found not revoked, or why there is none."""
    if revocation is None:
        return []
    label = (_padded(say("issue.crl")), "dim")
    if revocation.why is not None and revocation.why[0] == "document.certificate_revoked":
        return [label, (say(revocation.why), "bad")]
    if revocation.made_at is None:
        words, tone = ("issue.crl.missing", "warn") if revocation.source else ("issue.crl.no_source", "dim")
        line = [label, (say(words), tone)]
    else:
        line = [label, (say("issue.crl.made", age=say(age(now - revocation.made_at))), "")]
        if revocation.stale(now):
            line += [("    ", ""), (say("issue.crl.stale"), "warn")]
        elif revocation.next_at is not None:
            line += [("    ", ""), (say("issue.crl.next", at=moment(revocation.next_at, now)), "dim")]
        if revocation.missing:
            line += [("    ", ""), (say("issue.crl.some_missing", count=revocation.missing), "warn")]
    if revocation.why is not None:
        line += [("    ", ""), (say(revocation.why), "warn")]
    return line


def right_line(view: IssueView, now: int) -> Line:
    """The right to issue this paper: here and until when, elsewhere, over."""
    if view.issued:
        paper = view.decision
        state = "issue.registration_pending" if paper is not None and paper.pending else "issue.registered"
        return [(_padded(say("issue.right")), "dim"), (say(state), "warn" if state.endswith("pending") else "good")]
    if view.right is None or view.right.state != "out":
        words, tone = say("issue.right_over"), "warn"
    elif not view.mine:
        words, tone = say("issue.right_elsewhere"), "warn"
    elif now > view.until:
        words, tone = say("issue.right_over"), "warn"
    else:
        words, tone = say("issue.right_here", until=f"{day_of(view.until)[5:]} {hhmm(view.until)}"), "good"
    return [(_padded(say("issue.right")), "dim"), (words, tone)]


def approver_line(view: IssueView) -> Line:
    """Whose signature comes before the seal and how it stands; empty where the seal alone is set."""
    record = view.record
    if record is None or not record.approver:
        return []
    words, tone = say("issue.approver.awaited", name=view.approver), "warn"
    if record.alone:
        words = say(f"issue.approver.{record.alone}", name=view.approver)
    elif record.approval:
        words, tone = say("issue.approver.signed", name=view.approver, at=hhmm(record.approval_at)), "good"
    return [(_padded(say("issue.approver")), "dim"), (words, tone)]


def audit_line(view: IssueView, verdict: str, now: int) -> str:
    """What the status line says: the verdict, and who did what."""
    row = view.case
    parts = [say("issue.verdict", words=say(f"issue.verdict.{verdict}") if verdict else say("issue.unsigned"))]
    audit = []
    if row.reviewer:
        audit.append(say("issue.audit.review", staff=row.reviewer))
    if row.approver:
        at = moment(row.decided_at, now) if row.decided_at else ""
        decision = say(f"review.decision.{row.decision}") if row.decision else ""
        audit.append(say("issue.audit.approve", staff=row.approver, at=at, decision=decision))
    if row.issued_by:
        audit.append(say("issue.audit.issue", staff=row.issued_by))
    return "    ".join([*parts, say("issue.audit", steps="  ".join(audit))])


def _padded(label: str) -> str:
    from workstation.cells import pad, width

    return pad(label, max(LABEL, width(label) + 2))
