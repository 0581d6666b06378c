"""A real time-stamp server, OCSP responder and CRL repository on loopback (certomancer), which a test drives.

outside = OutsideWorld(folder)          outside.at(ms)       what time it is there
outside.mode["tsa"] = "down"            slow | down | garbage | wrong_imprint | wrong_nonce | yesterday
                                        | expired | stranger | revoked        (ocsp, crls: up, down, slow)
outside.key("seal")                     a FileKey whose certificate it issued
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from asn1crypto import core, pem, tsp
from asn1crypto import crl as asn1_crl
from asn1crypto import x509 as asn1_x509
from certomancer.integrations.animator import Animator, AnimatorArchStore
from certomancer.registry import ArchLabel, CertLabel, CertomancerConfig, ServiceLabel
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.hazmat.primitives.serialization.pkcs12 import serialize_key_and_certificates
from werkzeug.wrappers import Request, Response

from sync.verdict import TrustRoots
from workstation.documents.keys import FileKey
from workstation.documents.outside import Authorities

ARCH = "hall"
YEARS = {"root": 60, "issuer": 40, "stamp-root": 60, "other-root": 60}
SLOW_S = 60.0
CA = {"profiles": [{"id": "simple-ca"}]}


class OutsideWorld:
    """The servers, started at once; `close()` ends them."""

    def __init__(self, folder: Path, at_ms: int, *, stamp_years: int = 10) -> None:
        self.mode: dict[str, str] = {"tsa": "up", "ocsp": "up", "crls": "up"}
        self.asked: dict[str, int] = {"tsa": 0, "ocsp": 0, "crls": 0}
        self.as_asked: Callable[[], None] = lambda: None  # what happens while a stamp is asked for
        self._released = threading.Event()
        self._server = make_server("127.0.0.1", 0, self._app, server_class=_Server, handler_class=_Quiet)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._folder = folder
        self._arch = _architecture(folder, self.url, at_ms, stamp_years)
        self._animator = Animator(AnimatorArchStore({ArchLabel(ARCH): self._arch}), with_web_ui=False)
        self.at(at_ms)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self._thread.start()

    def at(self, now_ms: int) -> None:
        """The time of all servers."""
        self._animator.fixed_time = datetime.fromtimestamp(now_ms / 1000, UTC)

    def close(self) -> None:
        self._released.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def certificate(self, label: str) -> asn1_x509.Certificate:
        return self._arch.get_cert(CertLabel(label))

    def key(self, label: str) -> FileKey:
        """The key of a signer, with its chain."""
        private = load_pem_private_key((self._folder / f"{label.partition('-')[0]}.pem").read_bytes(), None)
        assert isinstance(private, (ec.EllipticCurvePrivateKey, rsa.RSAPrivateKey))
        mine, *chain = (
            x509.load_der_x509_certificate(self.certificate(name).dump()) for name in (label, "issuer", "root")
        )
        return FileKey(private, mine, tuple(chain))

    def lay_seal(self, folder: Path, passphrase: bytes, label: str = "seal") -> None:
        """A machine's own key and trust list, as an administrator would lay them there."""
        self.lay_key(folder / "seal.p12", passphrase, label)
        (folder / "root.pem").write_bytes(pem.armor("CERTIFICATE", self.certificate("root").dump()))

    def lay_key(self, path: Path, passphrase: bytes, label: str) -> str:
        """A person's own key; the serial number of its certificate in hex."""
        key = self.key(label)
        path.parent.mkdir(parents=True, exist_ok=True)
        private = load_pem_private_key((self._folder / f"{label.partition('-')[0]}.pem").read_bytes(), None)
        assert isinstance(private, ec.EllipticCurvePrivateKey)
        locked = BestAvailableEncryption(passphrase)
        path.write_bytes(serialize_key_and_certificates(b"key", private, key.certificate, list(key.chain), locked))
        return f"{key.certificate.serial_number:x}"

    def settings(self) -> dict[str, str]:
        """What an administrator would set in the hall."""
        return {
            "timestamp_url": f"{self.url}/{ARCH}/tsa/stamps",
            "timestamp_roots": pem.armor("CERTIFICATE", self.certificate("stamp-root").dump()).decode(),
        }

    def trust(self) -> TrustRoots:
        """Whom such a hall believes."""
        return self.authorities().trust

    def crls(self) -> list[asn1_crl.CertificateList]:
        """The CRLs as they are now."""
        at = self._animator.fixed_time
        names = ("root-crl", "issuer-crl", "stamp-crl")
        return [self._arch.service_registry.get_crl(ServiceLabel(name), at) for name in names]

    def authorities(self, **changes: Any) -> Authorities:
        """What a hall would set."""
        settings: dict[str, Any] = {
            "roots": (self.certificate("root").dump(),),
            "timestamp_url": f"{self.url}/{ARCH}/tsa/stamps",
            "timestamp_roots": (self.certificate("stamp-root").dump(),),
        }
        return Authorities(**settings | changes)

    def _app(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        request = Request(environ)
        service = request.path.split("/")[2]
        self.asked[service] += 1
        mode = self.mode[service]
        response: Any
        if mode == "slow":
            self._released.wait(SLOW_S)
        if mode in ("down", "slow"):
            response = Response("down", status=503)
        elif mode == "garbage":
            response = Response(b"<html>", mimetype="text/html")
        elif service == "tsa":
            response = self._stamp(request, mode)
        else:
            response = self._dispatch(environ)
        return response(environ, start)  # type: ignore[no-any-return]

    def _dispatch(self, environ: dict[str, Any]) -> Any:
        adapter = self._animator.url_map.bind_to_environ(environ)
        endpoint, values = adapter.match()
        return self._animator._handlers[endpoint](Request(environ), **values)

    def _stamp(self, request: Request, mode: str) -> Response:
        self.as_asked()
        asked = tsp.TimeStampReq.load(request.get_data())
        if mode == "wrong_imprint":
            asked["message_imprint"]["hashed_message"] = bytes(32)
        if mode == "wrong_nonce":
            asked["nonce"] = core.Integer(4711)
        at = self._animator.fixed_time
        assert at is not None
        label = {"expired": "old-stamps", "stranger": "strange-stamps", "revoked": "lost-stamps"}.get(mode, "stamps")
        at -= timedelta(days=1 if mode == "yesterday" else 0)
        stamper = self._arch.service_registry.summon_timestamper(ServiceLabel(label), at)
        return Response(stamper.request_tsa_response(asked).dump(), mimetype="application/timestamp-reply")


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        pass


def _architecture(folder: Path, url: str, at_ms: int, stamp_years: int) -> Any:
    folder.mkdir(parents=True, exist_ok=True)
    keys = ("root", "issuer", "seal", "approver", "stamps", "ocsp", "other")
    for name in keys:
        private = ec.generate_private_key(ec.SECP256R1())
        plain = private.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
        (folder / f"{name}.pem").write_bytes(plain)
    at = datetime.fromtimestamp(at_ms / 1000, UTC)

    def certificate(subject: str, key: str, issuer: str, issuer_key: str, years: float, **more: Any) -> dict[str, Any]:
        validity = {
            "valid-from": (at - timedelta(days=365)).isoformat(),
            "valid-to": (at + timedelta(days=365 * years)).isoformat(),
        }
        return {
            "subject": subject,
            "subject-key": key,
            "issuer": issuer,
            "authority-key": issuer_key,
            "validity": validity,
            **more,
        }

    def authority(crl: str, ocsp: str | None = None) -> dict[str, Any]:
        params = {"crl-repo": crl} | ({"ocsp-service": ocsp} if ocsp else {})
        return {"profiles": [{"id": "simple-ca", "params": params}]}

    def usage(*names: str) -> dict[str, Any]:
        return {"id": "key_usage", "critical": True, "smart-value": {"schema": "key-usage", "params": list(names)}}

    stamping = {
        "extensions": [
            usage("digital_signature"),
            {"id": "extended_key_usage", "critical": True, "value": ["time_stamping"]},
        ]
    }
    signing = {"profiles": [{"id": "digsig-commitment"}]}
    revoked = {"revocation": {"revoked-since": (at - timedelta(hours=2)).isoformat(), "reason": "key_compromise"}}
    names = {
        "root": "root of the tests",
        "issuer": "issuer of the tests",
        "seal": "李沧区行政审批服务局签发专用 测试",
        "approver": "赵某 测试",
        "stamp-root": "root of time stamps",
        "stamps": "time stamps of the tests",
        "ocsp": "OCSP of the tests",
        "other-root": "a root of somebody else",
    }
    certs = {
        "root": certificate("root", "root", "root", "root", 60, **authority("root-crl")),
        "issuer": certificate("issuer", "issuer", "root", "root", 40, **authority("issuer-crl", "issuer-ocsp")),
        "seal": certificate("seal", "seal", "issuer", "issuer", 3, **signing),
        "seal-revoked": certificate("seal", "seal", "issuer", "issuer", 3, **signing, **revoked),
        "approver": certificate("approver", "approver", "issuer", "issuer", 3, **signing),
        "ocsp": certificate("ocsp", "ocsp", "issuer", "issuer", 20, profiles=[{"id": "ocsp-responder"}]),
        "stamp-root": certificate("stamp-root", "other", "stamp-root", "other", 60, **authority("stamp-crl")),
        "stamps": certificate("stamps", "stamps", "stamp-root", "other", stamp_years, **stamping),
        "old-stamps": certificate("stamps", "stamps", "stamp-root", "other", -0.5, **stamping),
        "lost-stamps": certificate("stamps", "stamps", "stamp-root", "other", 9, **stamping, **revoked),
        "other-root": certificate("other-root", "other", "other-root", "other", 60, **CA),
        "strange-stamps": certificate("stamps", "stamps", "other-root", "other", 9, **stamping),
    }
    weekly = {"simulated-update-schedule": "P7D"}
    services = {
        "ocsp": {
            "issuer-ocsp": {
                "for-issuer": "issuer",
                "responder-cert": "ocsp",
                "signing-key": "ocsp",
                "issuer-cert": "issuer",
            }
        },
        "crl-repo": {
            "root-crl": {"for-issuer": "root", "signing-key": "root", "issuer-cert": "root", **weekly},
            "issuer-crl": {"for-issuer": "issuer", "signing-key": "issuer", "issuer-cert": "issuer", **weekly},
            "stamp-crl": {"for-issuer": "stamp-root", "signing-key": "other", "issuer-cert": "stamp-root", **weekly},
        },
        "time-stamping": {
            label: {"signing-cert": label, "signing-key": "stamps", "certs-to-embed": [root]}
            for label, root in (
                ("stamps", "stamp-root"),
                ("old-stamps", "stamp-root"),
                ("lost-stamps", "stamp-root"),
                ("strange-stamps", "other-root"),
            )
        },
    }
    config = {
        "external-url-prefix": url,
        "keysets": {"keys": {"keys": {name: {"path": f"{name}.pem"} for name in keys}}},
        "pki-architectures": {
            ARCH: {
                "keyset": "keys",
                "entity-defaults": {"country-name": "CN", "organization-name": "测试"},
                "entities": {name: {"common-name": words} for name, words in names.items()},
                "certs": certs,
                "services": services,
            }
        },
    }
    return CertomancerConfig(config, key_search_dir=str(folder)).pki_archs[ArchLabel(ARCH)]
