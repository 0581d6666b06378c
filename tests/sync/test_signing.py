"""Signed requests: what ours signs an independent implementation of RFC 9421 verifies, and the other way round."""

import hashlib
import hmac
from dataclasses import dataclass, field
from typing import Any

import httpx
import msgspec
import pytest
from http_message_signatures import HTTPMessageSigner, HTTPMessageVerifier, HTTPSignatureKeyResolver, algorithms

from sync.device_key import DeviceKey, from_text
from sync.errors import ServerRefused
from sync.protocol.messages import Push, Pushed, SessionOpened
from sync.protocol.signing import COVERED, HMAC, TAG, BadSignature, Signer, read, sign
from sync.protocol.verbs import case as cases
from sync.replica.sessions import Opening, open_session, renew
from sync.transport.http import HttpTransport
from tests.sync.small_hall import CASES, PIN, Machine, SmallHall

BODY = b'{"device": "d1"}'
SECRET = bytes(range(32))
URL = "http://hall.example/v1/push"


@dataclass
class Request:
    """A request as the other implementation wants it."""

    headers: dict[str, str]
    method: str = "POST"
    url: str = URL
    body: bytes = BODY


@dataclass
class Keys(HTTPSignatureKeyResolver):  # type: ignore[misc]
    """Its keys, by id."""

    public: Any = SECRET
    private: Any = SECRET
    asked: list[str] = field(default_factory=list)

    def resolve_public_key(self, key_id: str) -> Any:
        self.asked.append(key_id)
        return self.public

    def resolve_private_key(self, key_id: str) -> Any:
        return self.private


class Verifier(HTTPMessageVerifier):  # type: ignore[misc]
    require_created = False


def verified_elsewhere(headers: dict[str, str], algorithm: Any, keys: Keys, body: bytes = BODY) -> bool:
    request = Request({"Content-Type": "application/json", **headers}, body=body)
    verifier = Verifier(signature_algorithm=algorithm, key_resolver=keys)
    results = verifier.verify(request, max_age=None, expect_tag=TAG, require_components=COVERED, body=body)
    return len(results) == 1


def test_the_sessions_mac_is_verified_by_others() -> None:
    keys = Keys()
    assert verified_elsewhere(
        sign(Signer.of_session("s1", SECRET), "POST", "/v1/push", BODY), algorithms.HMAC_SHA256, keys
    )
    assert keys.asked == ["s1"]


def test_the_devices_signature_is_verified_by_others() -> None:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    key = DeviceKey.make()
    keys = Keys(Ed25519PublicKey.from_public_bytes(from_text(key.public)))
    assert verified_elsewhere(sign(key.signer("d1"), "POST", "/v1/push", BODY), algorithms.ED25519, keys)
    assert keys.asked == ["d1"]


@pytest.mark.parametrize("covered", [COVERED, COVERED[::-1]])
def test_what_others_sign_is_read_here(covered: tuple[str, ...]) -> None:
    request = Request({})
    signer = HTTPMessageSigner(signature_algorithm=algorithms.HMAC_SHA256, key_resolver=Keys())
    signer.sign(request, key_id="s1", covered_component_ids=covered, tag=TAG, label="sig1", body=BODY)
    signature = read({name.lower(): value for name, value in request.headers.items()})
    assert (signature.keyid, signature.alg, signature.covered) == ("s1", HMAC, covered)
    digest = hashlib.sha256(BODY).digest()

    def check(value: bytes, base: bytes) -> bool:
        return hmac.compare_digest(value, hmac.digest(SECRET, base, "sha256"))

    signature.verify("POST", "/v1/push", digest, check)
    for method, path, body in (
        ("PUT", "/v1/push", BODY),
        ("POST", "/v1/lease", BODY),
        ("POST", "/v1/push", BODY + b" "),
    ):
        with pytest.raises(BadSignature):
            signature.verify(method, path, hashlib.sha256(body).digest(), check)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"signature-input": 'sig=("@method");keyid="s1";alg="hmac-sha256";tag="hall-sync"'},
        {"signature-input": 'sig=("@method" "@path" "content-digest");keyid="s1";alg="hmac-sha256"'},
        {"signature-input": "sig=()"},
        {"signature-input": "rubbish", "signature": "rubbish"},
        {"signature": "sig=:AAAA:"},
        {"signature": "sig=AAAA"},
        {"signature": "sig=:not base64:"},
        {"signature": ""},
    ],
)
async def test_a_push_that_is_not_signed_as_it_should_be(hall: SmallHall, headers: dict[str, str]) -> None:
    machine = await hall.machine("0307")
    transport = machine.transport
    body = msgspec.json.encode({"device": machine.device, "boot": "", "boot_now": 0, "ops": []})
    good = {"authorization": f"Bearer {transport.token}"} | transport.signed("POST", "/v1/push", body)
    async with httpx.AsyncClient(transport=machine.network, base_url="http://hall") as client:
        assert (await client.post("/v1/push", content=body, headers=good)).status_code == 200
        for changed in ({"authorization": good["authorization"]} | headers, good | headers):
            if changed == good:
                continue
            answer = await client.post("/v1/push", content=body, headers=changed)
            assert (answer.status_code, answer.json()["code"]) == (401, "signature")
        answer = await client.post("/v1/push", content=body + b" ", headers=good)
        assert (answer.status_code, answer.json()["code"]) == (401, "signature"), (
            "another body under the same signature"
        )


async def test_anothers_session_signs_nothing_here(hall: SmallHall) -> None:
    one, other = await hall.machine("0307"), await hall.machine("0308")
    other.transport.token = one.transport.token  # stolen, without the key
    other.do(cases.Note(note="n1", text="x"), id="c0", scope=CASES)
    with pytest.raises(ServerRefused, match="signature"):
        await other.push()
    with pytest.raises(ServerRefused, match="session_unknown"):  # a device that is taken speaks by its session
        await _in_its_own_name(one)


async def _in_its_own_name(machine: Machine) -> Pushed:
    machine.transport.token = ""
    message = Push(device=machine.device, boot="", boot_now=0, ops=[])
    return await machine.transport.ask("POST", "/v1/push", Pushed, message, signer=machine.key.signer(machine.device))


# -- challenges and renewal


async def test_a_challenge_is_good_once_for_one_device_and_a_minute(hall: SmallHall) -> None:
    machine, other = await hall.device(), await hall.device()
    await machine.sign_on("0307")
    opened = [content for _, url, _, content in machine.network.kept if url.path == "/v1/session"][-1]

    async def again(body: bytes) -> str:
        async with httpx.AsyncClient(transport=machine.network, base_url="http://hall") as client:
            answer = await client.post("/v1/session", content=body, headers={"content-type": "application/json"})
        return str(answer.json().get("code", "in"))

    assert await again(opened) == "challenge", "heard on the wire, said once more"
    challenge = msgspec.json.decode(opened)["challenge"]

    def signed(by: Machine, what: str) -> bytes:
        proof = by.key.sign("hall-session-1", by.device, what, "0307")
        told = {"device": by.device, "challenge": what, "proof": proof, "staff": "0307", "pin": PIN}
        return msgspec.json.encode(told)

    fresh = hall.services.sessions.challenge(machine.device, hall.clock.now()).challenge
    assert await again(signed(other, fresh)) == "challenge", "another device's"
    assert await again(signed(machine, challenge[:-4] + "AAAA")) == "challenge", "nobody's"
    assert await again(signed(machine, "")) == "challenge"
    late = hall.services.sessions.challenge(machine.device, hall.clock.now() - 60_000).challenge
    assert await again(signed(machine, late)) == "challenge"
    assert await again(signed(machine, fresh)) == "in"


async def test_a_session_is_renewed_by_its_own_device_as_long_as_it_lasts(hall: SmallHall) -> None:
    machine, thief = await hall.machine("0307"), await hall.device()
    session = machine.transport.session
    hall.clock.advance(3 * 3_600_000)
    with pytest.raises(ServerRefused, match="session_expired"):
        await machine.transport.ask("GET", "/v1/pull", dict)
    await renew(machine.transport, machine.device, machine.key)
    await machine.pull()
    assert machine.transport.session == session
    thief.transport.session = session
    with pytest.raises(ServerRefused, match="session_unknown"):
        await renew(thief.transport, thief.device, thief.key)
    hall.clock.advance(9 * 3_600_000)
    with pytest.raises(ServerRefused, match="session_expired"):
        await renew(machine.transport, machine.device, machine.key)


class Overtaken(HttpTransport):
    """Between the renewal's answer and its use somebody signs on."""

    opening: Opening
    opened: SessionOpened

    async def ask(self, method: str, path: str, answer: Any, message: Any = None, **more: Any) -> Any:
        told = await super().ask(method, path, answer, message, **more)
        if path == "/v1/session/renew":
            self.opened = await open_session(self, self.opening)
        return told


async def test_a_renewal_that_a_sign_on_overtakes_leaves_the_new_session_its_token(hall: SmallHall) -> None:
    machine = await hall.device()
    transport = Overtaken("http://hall", transport=machine.network)
    transport.opening = Opening(machine.device, machine.key, "0307", PIN)
    first = await open_session(transport, transport.opening)
    await renew(transport, machine.device, machine.key)
    assert transport.session == transport.opened.session != first.session
    assert (transport.token, transport.expires_at) == (transport.opened.token, transport.opened.expires_at)
    await transport.close()


async def test_a_device_that_opens_sessions_without_end_waits(hall: SmallHall) -> None:
    from server_stub.central.sessions import BUCKET

    machine, other, now = await hall.device(), await hall.device(), hall.clock.now()
    row = (machine.device, BUCKET - 1, now)
    await hall.services.store.write(lambda tx: tx.execute("INSERT INTO opening VALUES (?, ?, ?)", row))
    await machine.sign_on("0307")
    with pytest.raises(ServerRefused, match="session_wait"):
        await machine.sign_on("0307")
    hall.clock.advance(1_000)
    await machine.sign_on("0307")
    stranger = Opening(machine.device, DeviceKey.make(), "0307", PIN)
    with pytest.raises(ServerRefused, match="device_unknown"):  # nobody fills another's bucket
        await open_session(other.transport, stranger)
    await other.sign_on("0307")
