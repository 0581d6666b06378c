"""What the tests and the pictures print: each paper at its shortest and at the longest that a case may have."""

from __future__ import annotations

from typing import Any

from sync.progress_code import ON_THE_WAY
from sync.records.states import PaperKind
from workstation.documents.packing import PackingData
from workstation.documents.papers import REQUIRED, ChangeLine, Defect, MaterialLine, PaperData
from workstation.locale import say
from workstation.services.parcels import WORDS

AT = 1_772_600_000_000  # 2026-03-04 12:53:20 in the hall
DAY = 86_400_000
BUREAU = "李沧区行政审批服务局"
KINDS = sorted(REQUIRED)
REMEDIES = {"reconsideration_organ": "样例区人民政府", "court": "样例区人民法院", "decided_by": "赵某"}

COMMON: dict[str, Any] = {
    "bureau": BUREAU,
    "number": "李审准字〔2026〕第0012号",
    "addressee": "样例餐饮管理有限公司",
    "matter": "食品经营许可（新办）",
    "case_number": "20260304-0012",
    "dated_at": AT,
    "received_at": AT - 5 * DAY,
    "verify_url": "https://hall.example/v/4f8Jx2QpLr7T#k9VbX2mQa1",
    "sample": True,
}
SHORT: dict[str, dict[str, Any]] = {
    PaperKind.MATERIAL_RECEIPT: {},
    PaperKind.ACCEPTANCE_NOTICE: {},
    PaperKind.CORRECTION_NOTICE: {"defects": (Defect(material="平面图", problem="未标注面积"),)},
    PaperKind.NON_ACCEPTANCE: {"reasons": ("不属于本机关职权范围。",), **REMEDIES},
    PaperKind.GRANT_DECISION: {"legal_basis": ("《食品安全法》第三十五条",), "decided_by": "赵某"},
    PaperKind.REFUSAL_DECISION: {
        "reasons": ("场所与污染源的距离不符合规定。",),
        "legal_basis": ("《食品安全法》第三十五条",),
        **REMEDIES,
    },
    PaperKind.CHANGE_DECISION: {
        "changed": (ChangeLine(what="法定代表人（负责人）", was="赵某", now="钱某"),),
        "licence": "食品经营许可证",
        "licence_number": "李审证字〔2026〕第0013号",
        "replaces": "李审证字〔2026〕第0012号",
        "decided_by": "赵某",
    },
    PaperKind.LICENCE: {"licence": "食品经营许可证", "valid_from": "2026-03-04"},
    PaperKind.SPECIAL_PROCEDURE: {"reasons": ("需要现场核查。",), "handled_by": "钱某"},
    PaperKind.EXTENSION_NOTICE: {"reasons": ("需要进一步核实材料。",), "decided_by": "赵某"},
    PaperKind.REVOCATION: {"reasons": ("申请时提交了虚假材料。",), **REMEDIES},
    PaperKind.CANCELLATION: {"reasons": ("申请人已经终止经营。",), **REMEDIES},
    PaperKind.DELIVERY_RECEIPT: {
        "delivered": ("准予行政许可决定书",),
        "delivery_method": "直接送达",
        "handled_by": "钱某",
    },
}
SCOPE = (
    "餐饮服务；食品销售（销售预包装食品、散装食品、冷藏冷冻食品、特殊医学用途配方食品、婴幼儿配方乳粉）；"
    "中央厨房；集体用餐配送；热食类、冷食类、生食类、糕点类食品制售；自制饮品制售（不含自酿白酒）；"
)
LONG: dict[str, Any] = {
    "bureau": "样例市样例区行政审批服务局暨政务服务管理中心（市场准入与社会事务联合审批专窗）",
    "addressee": "新时代跨境供应链数字科技" * 6 + "有限责任公司（" + "91370213MA3XXXXXXX" * 4 + "）",
    "matter": "人员密集场所投入使用、营业前消防安全检查" * 4,
    "body": tuple("本机关另行告知：办理过程中需要补充说明的事项，请与经办人联系，并保留本文书。" * 6 for _ in range(6)),
    "reasons": tuple(f"第{i}项：" + "申请材料与实际情况不一致，" * 6 + "不符合规定。" for i in range(1, 13)),
    "legal_basis": ("《消防法》第十五条", "《建设工程消防设计审查验收管理暂行规定》第十六条"),
    "materials": tuple(
        MaterialLine(
            name=f"第{i}号材料" + "平面图及说明" * (i % 5 + 1),
            form="原件及复印件",
            copies=i + 1,
            note="已核对" * (i % 4),
        )
        for i in range(40)
    ),
    "defects": tuple(
        Defect(material=f"第{i}号材料", problem="内容缺失，" * (i % 6 + 1), remedy="重新填写并签章，" * (i % 3 + 1))
        for i in range(30)
    ),
    "decided_by": "赵某",
    "handled_by": "钱某",
    "due_on": "2026-12-31",
    "statutory_days": 20,
    "promised_days": 5,
    "granted": "许可范围如下\n" + SCOPE * 8,
    "valid_from": "2026-03-04",
    "valid_until": "2031-03-03",
    "competent_organ": "样例市行政审批服务局",
    "reconsideration_organ": "样例区人民政府",
    "court": "样例区人民法院",
    "contact": "政务服务大厅 3 号窗口",
    "delivered": tuple(f"准予行政许可决定书 李审准字〔2026〕第{i:05d}号" for i in range(1, 21)),
    "delivery_method": "邮寄送达",
    "delivery_place": "样例区样例街道样例路一百二十三号样例大厦甲座" * 5,
    "licence": "人员密集场所投入使用与食品经营许可证",
    "licence_number": "李审证字〔2026〕第0012号",
    "licence_years": 5,
    "applicant_code": "91370213MA3XXXXXXX",
    "legal_representative": "买买提·艾力·" * 5 + "样某",
    "address": "样例区样例街道样例路一百二十三号样例大厦甲座二十三层" * 4,
    "capital": "壹仟万元整",
    "area": "1,234.5 平方米",
    "business_scope": SCOPE * 8,
    "changed": tuple(
        ChangeLine(what=what, was=was, now=now)
        for what, was, now in (
            ("名称", "新时代跨境供应链数字科技" * 4 + "有限公司", "新时代跨境供应链数字科技" * 6 + "有限责任公司"),
            ("法定代表人（负责人）", "赵某", "买买提·艾力·" * 5 + "样某"),
            ("住所（经营场所）", "样例区样例路一号", "样例区样例街道样例路一百二十三号样例大厦甲座二十三层" * 4),
            ("注册资本", "壹佰万元整", "壹仟万元整"),
            ("面积", "", "1,234.5 平方米"),
            ("许可内容（经营范围）", SCOPE * 3, SCOPE * 8),
        )
    ),
    "replaces": "李审证字〔2026〕第0011号",
}


def paper_data(kind: PaperKind, *, long: bool = False, **changes: Any) -> PaperData:
    """The shortest data that the kind takes, or the longest."""
    code = {"progress_code": "K7QF-9TRM"} if kind in ON_THE_WAY else {}
    return PaperData(**{**COMMON, **(LONG if long else SHORT[kind]), **code, **changes})


def packing_data(*, long: bool = False) -> PackingData:
    """What lies in the smallest parcel, or in the largest."""
    things = tuple((f"第{n}号材料" + "平面图及说明" * (n % 5 + 1), n + 1) for n in range(40))
    decision = (f"准予行政许可决定书 {COMMON['number']}", 1)
    return PackingData(
        bureau=LONG["bureau"] if long else BUREAU,
        leg="back" if long else "out",
        carrier="中国邮政",
        tracking="E" * 40 if long else "EX123456789CN",
        receiver=LONG["addressee"] if long else "李某",
        case_number=COMMON["case_number"],
        contents=things if long else (decision,),
        words={name: say(f"parcel.slip.{name}") for name in WORDS},
        at="2026-03-04",
        at_ms=AT,
    )
