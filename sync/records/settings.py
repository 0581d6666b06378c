"""The settings of a hall: what holds where no `setting` record says otherwise. Durations in ms, unless named days."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR

DEFAULTS: dict[str, Any] = {
    "recalls_max": 3,  # how often a called ticket is called again before it is missed
    "misses_max": 2,  # how often a missed ticket may wait again
    "missed_pause": 5 * MINUTE,  # a reactivated ticket is not offered before
    "missed_kept": 2 * HOUR,  # a missed ticket lapses after
    "undo_call": 10_000,  # a call can be taken back so long
    "ageing": 10 * MINUTE,  # waiting so long is worth one step of priority
    "queue_policy": "skills",  # fixed | skills | pool | balanced: which tickets a window is offered
    "window_request": 30 * MINUTE,  # a window that was asked for is not wanted any more after
    "appointment_seats": 2,  # of each half hour and group of matters; 0 none
    "appointment_days": 7,  # so many days ahead, today counted
    "appointment_early": 30 * MINUTE,  # so long before its half hour its holder may report
    "appointment_late": 15 * MINUTE,  # and so long after it began; then the ticket is an ordinary one
    "appointment_open": 3,  # of one telephone at a time, over all matters
    "appointment_address": 12,  # tries from one address of the network within an hour; 0 no limit
    "phone_tickets": 60,  # that one address of the network may draw within an hour by the display's code; 0 none
    "appointment_misses": 2,  # who did not come so often …
    "appointment_misses_days": 90,  # … within so many days books no more; 0 misses: nobody is kept out
    "offline_tickets": {"hall": 1, "site": 3},  # tickets that a window may call without a network; 0 none
    "ticket_lease": 10 * MINUTE,  # so long may it, from the sending of its request by its own boot clock
    "ticket_lease_margin": 30_000,  # and so much later the ticket is given to others
    "number_block": {"ticket": 20, "paper": 10},  # how many numbers a device gets at once; 0 none
    "number_block_kept": 3 * DAY,  # so long a device may use them; no new work is done offline for longer
    "number_block_margin": 7 * DAY,  # and so much later, unheard of, they are void
    "day_closes": "18:00",  # hall time at which what is open is closed; "" never
    "always_open": False,  # the demo's hall never shuts
    "open_hours": [["09:00", "12:00"], ["13:00", "17:00"]],
    "callback_limit": HOUR,
    "callback_basis": "open",  # open: hall-open time; wall: by the clock on the wall
    "rectify_days": 3,
    "invite_open": 7 * DAY,
    "small_screen_invite": 2 * MINUTE,
    "small_screen_key": 1,  # another number makes every small screen's address another
    "public_url": "",  # where citizens reach the pages, as in "https://hall.example"; "" as the screen was reached
    "device_files": 2 << 30,  # bytes of files that one device may send on a day
    "case_files": 512 << 20,  # bytes of files that one case may hold
    "words_max": 500,  # characters of free words in a rating or a ledger entry
    "supplements_max": 5,  # how often words are added to one rating
    "correction_days": 5,  # 行政许可法 art. 32
    "extension_days": 10,  # art. 42
    "authorisation": 8 * HOUR,
    "authorisation_margin": 10 * MINUTE,
    "archive_days": 30,
    # how long what tells of a person is kept, days: sync.records.retention says of what, and by which law
    "contact_days": 7,
    "ticket_name_days": 30,
    "appointment_name_days": 30,
    "rater_days": 30,
    "ledger_contact_days": 90,
    "ledger_words_days": 3 * 365,
    "rating_words_days": 3 * 365,
    "held_days": 90,
    "print_name_days": 30,
    "moved_days": 365,
    "lookup_days": 183,
    "log_days": 7,  # and so long afterwards it is in the log still; who is away for longer takes scopes as a whole
    "archive_years": 30,
    "print_open": 7 * DAY,  # how long a code for a terminal can be used
    "case_number_format": "{part}-{day}-{n:04d}",  # part: the office or site of the case's scope
    "correction_answer_days": 15,  # what a correction notice gives the applicant, working days
    "reconsideration_organ": "本级人民政府",  # 行政复议法 art. 24
    "court": "有管辖权的人民法院",
    "paper_year_format": "{bureau}{kind}字({year})第{n:05d}号",
    "bureau_mark": "",  # how the bureau shortens itself in numbers; "" its whole name
    "paper_marks": {
        "material_receipt": "收",
        "correction_notice": "补",
        "acceptance_notice": "受",
        "non_acceptance": "不受",
        "special_procedure": "特",
        "extension_notice": "延",
        "grant_decision": "准",
        "refusal_decision": "不准",
        "licence": "证",
        "change_decision": "变",
        "revocation": "撤",
        "cancellation": "注",
        "delivery_receipt": "送",
    },
    "decision_titles": {
        "grant_decision": "准予行政许可决定书",
        "refusal_decision": "不予行政许可决定书",
        "change_decision": "准予变更行政许可决定书",
    },
    "change_words": {  # how a decision to change names what a licence says
        "addressee": "名称",
        "legal_representative": "法定代表人（负责人）",
        "address": "住所（经营场所）",
        "capital": "注册资本",
        "area": "面积",
        "business_scope": "许可内容（经营范围）",
    },
    "delivery_methods": {
        "window": "直接送达",
        "courier": "邮寄送达",
        "electronic": "电子送达",
        "left": "留置送达",
        "entrusted": "委托送达",
        "notice": "公告送达",
    },
    "delivery_details": {  # how the receipt names what its mode needs
        "tracking": "邮件单号",
        "received": "签收日期",
        "address": "电子送达地址",
        "witness": "见证人",
        "place": "送达地点",
        "through": "受托机关",
    },
    "courier": "中国邮政",  # which carrier is offered first
    "notice_after": ["window", "courier"],  # the ways that must have failed before a public notice
    "notice_days": 30,  # 民事诉讼法 (2023) art. 95
    "notice_reasons": {"unknown": "受送达人下落不明", "impossible": "用其他方式无法送达"},
    "notice_words": {  # how the receipt tells the course of a public notice
        "reason": "公告原因",
        "posted": "公告发出",
        "until": "公告期满",
        "tried": "此前送达",
    },
    "delivery_days": 10,  # art. 44: working days from the decision
    "approver_signs": [],  # kinds of decisions, or matters, whose decisions the approver signs before the seal
    "raise_alone": HOUR,  # so long a machine is alone with a signature that it raises; then another may go on
    "approver_offline": MINUTE,  # a seal set alone offline is doubted where the centre heard of it sooner
    "timestamp_url": "",  # the time-stamp server (RFC 3161); "" signatures stay at B-B
    "timestamp_roots": "",  # PEM: what its certificates must end at
    "signer_roots": "",  # PEM: what signers' certificates must end at, beside each machine's own trust list
    "ocsp_url": "",  # for certificates that name no responder themselves
    "crl_urls": [],  # beside those that the certificates name
    "publicity_words": {
        "title": "{hall}{year}年{month}月政务服务“好差评”公示",
        "total": "本月收到评价{rated}条，满意率{satisfied}，差评{bad}条。未作评价而默认的不计入。",
        "few": "本月收到评价不足{least}条，不公布数字。",
        "matter": "按事项：",
        "site": "按网点：",
        "line": "  {name}：评价{rated}条，满意率{satisfied}，差评{bad}条",
        "hidden": "（不公布）",
        "at_least": "不低于{share}",
        "rule": "少于{least}的数字以及可据以推算的数字不公布。",
    },
    "province_url": "",  # the province's rating platform; "" nothing is sent
    "province_hall": "",  # who we are to the province; "" the hall's id
    "province_compares": 2 * HOUR,  # so long after midnight a day is held against the province's
    "delivery_remark": "收件人：{receiver}",
}

DELIVERY_NEEDS: Final[Mapping[str, tuple[str, ...]]] = {
    "window": (),
    "courier": ("tracking", "received"),
    "electronic": ("address",),
    "left": ("witness", "place"),
    "entrusted": ("through", "received"),
}
"""What each way to deliver must tell, beside the receiver. A public notice is none of them: it is posted, and ends."""

DELIVERY_DAYS: Final = frozenset({"received"})
"""Those of them that are days (ISO)."""
