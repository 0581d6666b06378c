"""Papers of generic content, short and long, a sample PKI and a signer over it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sync.records.states import PaperKind
from sync.verify import TrustRoots
from workstation.documents.keys import FileKey
from workstation.documents.papers import REQUIRED, Defect, MaterialLine, PaperData
from workstation.documents.pki import SAMPLE_WORDS, SamplePki, make_sample_pki
from workstation.documents.render import Renderer, shared_renderer
from workstation.documents.seal import SealFace
from workstation.documents.sign import DocumentSigner, SignedDocument

AT = 1_772_600_000_000  # 2026-03-04 12:53:20 in the hall
PASSPHRASE = b"a passphrase of the tests"
BUREAU = "李沧区行政审批服务局"
KINDS = sorted(REQUIRED)

COMMON: dict[str, Any] = {
    "bureau": BUREAU,
    "number": "李审准字〔2026〕第0012号",
    "addressee": "样例餐饮管理有限公司",
    "matter": "食品经营许可（新办）",
    "case_number": "LC20260304-0012",
    "dated_at": AT,
    "received_at": AT - 5 * 86_400_000,
    "verify_url": "https://hall.example/v/4f8Jx2QpLr7T#k9VbX2mQa1",
    "sample": True,
}
SHORT: dict[str, dict[str, Any]] = {
    PaperKind.MATERIAL_RECEIPT: {},
    PaperKind.ACCEPTANCE_NOTICE: {},
    PaperKind.CORRECTION_NOTICE: {"defects": (Defect(material="平面图", problem="未标注面积"),)},
    PaperKind.NON_ACCEPTANCE: {
        "reasons": ("不属于本机关职权范围。",),
        "reconsideration_organ": "样例区人民政府",
        "court": "样例区人民法院",
        "decided_by": "赵某",
    },
    PaperKind.GRANT_DECISION: {"legal_basis": ("《食品安全法》第三十五条",), "decided_by": "赵某"},
    PaperKind.REFUSAL_DECISION: {
        "reasons": ("场所与污染源的距离不符合规定。",),
        "legal_basis": ("《食品安全法》第三十五条",),
        "reconsideration_organ": "样例区人民政府",
        "court": "样例区人民法院",
        "decided_by": "赵某",
    },
    PaperKind.SPECIAL_PROCEDURE: {"reasons": ("需要现场核查。",), "handled_by": "钱某"},
    PaperKind.EXTENSION_NOTICE: {"reasons": ("需要进一步核实材料。",), "decided_by": "赵某"},
    PaperKind.REVOCATION: {
        "reasons": ("申请人已经终止经营。",),
        "reconsideration_organ": "样例区人民政府",
        "court": "样例区人民法院",
        "decided_by": "赵某",
    },
    PaperKind.DELIVERY_RECEIPT: {
        "delivered": ("准予行政许可决定书",),
        "delivery_method": "直接送达",
        "handled_by": "钱某",
    },
}
LONG: dict[str, Any] = {
    "bureau": "样例市样例区行政审批服务局暨政务服务管理中心（市场准入与社会事务联合审批专窗）",
    "addressee": "新时代跨境供应链数字科技" * 6 + "有限责任公司（" + "91370213MA3XXXXXXX" * 4 + "）",
    "matter": "人员密集场所投入使用、营业前消防安全检查" * 4,
    "body": tuple("本段为附加说明。" * 25 for _ in range(6)),
    "reasons": tuple(f"第{i}项：" + "申请材料与实际情况不一致，" * 6 for i in range(12)),
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
    "granted": "甲\n乙\n" + "丙" * 300,
    "valid_from": "2026-03-04",
    "valid_until": "2031-03-03",
    "competent_organ": "样例市行政审批服务局",
    "reconsideration_organ": "样例区人民政府",
    "court": "样例区人民法院",
    "contact": "政务服务大厅 3 号窗口",
    "delivered": tuple(f"准予行政许可决定书 第{i}号" for i in range(20)),
    "delivery_method": "邮寄送达",
    "delivery_place": "样例路" * 30,
}

MakePaper = Callable[..., PaperData]
SignPaper = Callable[..., SignedDocument]


@pytest.fixture(scope="session")
def paper() -> MakePaper:
    """`paper(kind, **changes)`: the shortest data that the kind takes; `long=True` the longest that a case may
    have.
    """

    def make(kind: PaperKind, *, long: bool = False, **changes: Any) -> PaperData:
        return PaperData(**{**COMMON, **(LONG if long else SHORT[kind]), **changes})

    return make


@pytest.fixture(scope="session")
def renderer() -> Renderer:
    return shared_renderer()


@pytest.fixture(scope="session")
def pki(tmp_path_factory: pytest.TempPathFactory) -> SamplePki:
    return make_sample_pki(tmp_path_factory.mktemp("pki"), PASSPHRASE, bureau=BUREAU, now_ms=AT)


@pytest.fixture(scope="session")
def trust(pki: SamplePki) -> TrustRoots:
    return TrustRoots.load(pki.root)


@pytest.fixture(scope="session")
def pki_root_text(pki: SamplePki) -> str:
    return pki.root.read_text()


@pytest.fixture(scope="session")
def signer(pki: SamplePki, renderer: Renderer) -> DocumentSigner:
    return DocumentSigner(FileKey.load(pki.seal, PASSPHRASE), SealFace(name=BUREAU, line=SAMPLE_WORDS), renderer)


@pytest.fixture(scope="session")
def signed(signer: DocumentSigner, renderer: Renderer, paper: MakePaper) -> SignedDocument:
    """One grant decision, rendered, sealed and signed."""
    return signer.sign(renderer.render(PaperKind.GRANT_DECISION, paper(PaperKind.GRANT_DECISION)), at_ms=AT)


@pytest.fixture(scope="session")
def signed_file(signed: SignedDocument, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("signed") / "准予.pdf"
    path.write_bytes(signed.data)
    return path
