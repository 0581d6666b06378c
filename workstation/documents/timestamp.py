"""Time stamps (RFC 3161) of a server that is believed nothing: imprint, nonce, time, signature and certificate are
checked before a stamp is put anywhere.

    digest ─request, nonce─▶ server ─token─▶ checked ─▶ ContentInfo for the signature or the document

The library compares the nonce alone. A stamp over something else, or of an expired certificate, would lie in the file
for good and spoil its level for every later check.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from asn1crypto import cms, tsp
from asn1crypto import x509 as asn1_x509
from pyhanko.sign.timestamps.api import TimeStamper
from pyhanko.sign.validation.generic_cms import validate_tst_signed_data
from pyhanko_certvalidator import ValidationContext

from sync.errors import DocumentError
from workstation.documents.outside import Authorities, Outside

MEDIA_TYPE = "application/timestamp-query"
APART = timedelta(hours=1)  # a machine's clock may be wrong by so much against the server's


class StampWrong(DocumentError):
    """The server's answer cannot be used: `document.stamp_wrong` with what is wrong (refused, imprint, nonce, time,
    signature, untrusted, unreadable)."""


class CheckedTimestamper(TimeStamper):
    """pyHanko's time-stamp client over our own transport; `now_ms` is asked at each stamp."""

    def __init__(self, authorities: Authorities, outside: Outside, now_ms: Callable[[], int]) -> None:
        super().__init__(include_nonce=True)  # type: ignore[no-untyped-call]
        self._authorities = authorities
        self._outside = outside
        self._now_ms = now_ms

    async def async_request_tsa_response(self, req: tsp.TimeStampReq) -> tsp.TimeStampResp:
        url = self._authorities.timestamp_url
        answer = await asyncio.to_thread(self._outside.post, url, req.dump(), MEDIA_TYPE)
        try:
            response = tsp.TimeStampResp.load(answer, strict=True)
            response.native  # noqa: B018  parses all of it
        except (ValueError, TypeError):
            raise StampWrong("document.stamp_wrong", what="unreadable") from None
        return response

    async def async_timestamp(self, message_digest: bytes, md_algorithm: str) -> cms.ContentInfo:
        """A token over the digest. Raises OutsideDown, StampWrong."""
        nonce, request = self.request_cms(message_digest, md_algorithm)  # type: ignore[no-untyped-call]
        response = await self.async_request_tsa_response(request)
        if response["status"]["status"].native not in ("granted", "granted_with_mods"):
            raise StampWrong("document.stamp_wrong", what="refused")
        token = response["time_stamp_token"]
        try:
            info = token["content"]["encap_content_info"]["content"].parsed
            imprint = info["message_imprint"]
            at: datetime = info["gen_time"].native
            told = (imprint["hash_algorithm"]["algorithm"].native, imprint["hashed_message"].native)
            answered = info["nonce"].native
        except (ValueError, TypeError, KeyError, AttributeError):
            raise StampWrong("document.stamp_wrong", what="unreadable") from None
        if told != (md_algorithm, message_digest):
            raise StampWrong("document.stamp_wrong", what="imprint")
        if answered != nonce:
            raise StampWrong("document.stamp_wrong", what="nonce")
        if abs(at - datetime.fromtimestamp(self._now_ms() / 1000, UTC)) > APART:
            raise StampWrong("document.stamp_wrong", what="time")
        await self._check_signature(token, message_digest, at)
        return token

    async def _check_signature(self, token: cms.ContentInfo, digest: bytes, at: datetime) -> None:
        roots = [asn1_x509.Certificate.load(der) for der in self._authorities.timestamp_roots]
        context = ValidationContext(trust_roots=roots, moment=at, allow_fetching=False, revocation_mode="soft-fail")
        try:
            status = await validate_tst_signed_data(token["content"], context, lambda _: digest)
        except Exception:  # whatever a lying server makes of the parser
            raise StampWrong("document.stamp_wrong", what="signature") from None
        if not (status["valid"] and status["intact"]):
            raise StampWrong("document.stamp_wrong", what="signature")
        if status["validation_path"] is None or status["trust_problem_indic"] is not None:
            raise StampWrong("document.stamp_wrong", what="untrusted")


def token_certificate(signed_data: cms.SignedData) -> asn1_x509.Certificate | None:
    """The certificate of the server that made a token, as far as the token carries it."""
    wanted = signed_data["signer_infos"][0]["sid"].chosen
    for choice in signed_data["certificates"] or ():
        certificate = choice.chosen
        if not isinstance(certificate, asn1_x509.Certificate) or not isinstance(wanted, cms.IssuerAndSerialNumber):
            continue
        if (certificate.issuer, certificate.serial_number) == (wanted["issuer"], wanted["serial_number"].native):
            return certificate
    return None
