"""What a signed paper costs: against typst and pyHanko as their manuals use them, and against pyHanko's command line.

python tests/benchmarks/bench_signing.py [--tiny]

one      render + seal + sign, P-256 held, one process, warm    stock: typst.compile + signers.sign_pdf, RSA-2048
batch    200 papers by a crew on all cores, its start and the verdict of each file included
         command line: `pyhanko sign addsig pkcs12` on papers rendered beforehand, once a file, timed on a few of them
"""

from __future__ import annotations

import io
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))

import typst
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, pkcs12
from cryptography.x509.oid import NameOID
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import signers

from sync.records.states import PaperKind
from sync.verify import TrustRoots
from tests.sample_papers import AT, BUREAU, paper_data
from workstation.documents.crew import Crew, Task
from workstation.documents.keys import FileKey
from workstation.documents.papers import template_data
from workstation.documents.pki import SAMPLE_WORDS, make_sample_pki
from workstation.documents.render import TEMPLATES, Renderer, qr_svg, shared_renderer
from workstation.documents.seal import SealFace
from workstation.documents.sign import DocumentSigner

PASSPHRASE = b"a passphrase of the benchmark"
KIND = PaperKind.GRANT_DECISION


def stock_key(folder: Path) -> Path:
    """An RSA-2048 key in PKCS#12, self-signed."""
    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "stock")])
    now = datetime.now(UTC)
    usage = x509.KeyUsage(True, True, False, False, False, False, False, False, False)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), 7, now - timedelta(days=1), now + timedelta(days=9))
        .add_extension(usage, critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / "stock.p12"
    path.write_bytes(pkcs12.serialize_key_and_certificates(b"stock", key, certificate, None, NoEncryption()))
    (folder / "stock.pem").write_bytes(certificate.public_bytes(Encoding.PEM))
    return path


def stock_one(renderer: Renderer, signer: signers.SimpleSigner, n: int) -> bytes:
    """As both manuals have it: compile from the file, sign the bytes."""
    data = paper_data(KIND, number=f"准字(2026)第{n:05d}号")
    view = {**template_data(data), "qr": qr_svg(data.verify_url), "fonts": renderer._families()}
    pdf = typst.compile(
        TEMPLATES / f"{KIND}.typ",
        root=TEMPLATES,
        font_paths=renderer.fonts.fonts,
        ignore_system_fonts=True,
        format="pdf",
        sys_inputs={"data": json.dumps(view)},
        pdf_standards="a-2b",
    )
    out = io.BytesIO()
    meta = signers.PdfSignatureMetadata(field_name="Signature")
    signers.sign_pdf(IncrementalPdfFileWriter(io.BytesIO(pdf)), meta, signer=signer, output=out)
    return out.getvalue()


def ours_one(renderer: Renderer, signer: DocumentSigner, n: int) -> bytes:
    data = paper_data(KIND, number=f"准字(2026)第{n:05d}号")
    return signer.sign(renderer.render(KIND, data), at_ms=AT).data


def batch(key: FileKey, trust: TrustRoots, count: int) -> float:
    """Seconds for so many."""
    began = time.perf_counter()
    tasks = [Task(f"d{n}", str(KIND), paper_data(KIND, number=f"准字(2026)第{n:05d}号")) for n in range(count)]
    with Crew(key, SealFace(name=BUREAU, line=SAMPLE_WORDS), trust, now=lambda: AT) as crew:
        assert all(result.verdict == "good" for result in crew.results(tasks))
    return time.perf_counter() - began


def command_line(folder: Path, key: Path, count: int) -> float:
    """Seconds a file."""
    program = Path(sys.executable).with_name("pyhanko")
    began = time.perf_counter()
    for n in range(count):
        files = [str(folder / "plain.pdf"), str(folder / f"cli-{n}.pdf"), str(key)]
        command = [str(program), "sign", "addsig", "--field", "Sig1", "--use-pades", "pkcs12", "--no-pass", *files]
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder)
        assert done.returncode == 0, done.stderr + done.stdout
    return (time.perf_counter() - began) / count


def each_ms(work: Callable[[int], object], times: int) -> float:
    """Milliseconds for one."""
    began = time.perf_counter()
    for n in range(times):
        work(n)
    return (time.perf_counter() - began) * 1000 / times


def main(tiny: bool) -> None:
    rounds, papers, many, few = (1, 2, 4, 1) if tiny else (5, 40, 200, 3)
    found: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        pki = make_sample_pki(folder, PASSPHRASE, bureau=BUREAU, now_ms=AT)
        key, renderer = FileKey.load(pki.seal, PASSPHRASE), shared_renderer()
        signer = DocumentSigner(key, SealFace(name=BUREAU, line=SAMPLE_WORDS), renderer)
        trust = TrustRoots.load(pki.root)
        stock = stock_key(folder)
        loaded = signers.SimpleSigner.load_pkcs12(str(stock))
        assert loaded is not None
        (folder / "plain.pdf").write_bytes(renderer.render(KIND, paper_data(KIND)))
        ours_one(renderer, signer, 0)
        stock_one(renderer, loaded, 0)
        for _ in range(rounds):
            found.setdefault("one_ours_ms", []).append(each_ms(lambda n: ours_one(renderer, signer, n), papers))
            found.setdefault("one_stock_ms", []).append(each_ms(lambda n: stock_one(renderer, loaded, n), papers))
            found.setdefault(f"batch_{many}_s", []).append(batch(key, trust, many))
            found.setdefault("command_line_file_s", []).append(command_line(folder, stock, few))
    found["one_ratio"] = [a / b for a, b in zip(found["one_ours_ms"], found["one_stock_ms"], strict=True)]
    found["batch_times_faster"] = [
        many * b / a for a, b in zip(found[f"batch_{many}_s"], found["command_line_file_s"], strict=True)
    ]
    told = {name: {key: round(value, 2) for key, value in spread(values).items()} for name, values in found.items()}
    print(json.dumps({"benchmark": "signing", "rounds": rounds, "cores": os.cpu_count(), **told}))


def spread(values: list[float]) -> dict[str, float]:
    """Median, least and most."""
    return {"median": statistics.median(values), "least": min(values), "most": max(values)}


if __name__ == "__main__":
    main("--tiny" in sys.argv[1:])
