"""This machine as a device of a hall: what `workstation enrol` leaves, `workstation open` reads and `workstation reset`
takes away.

    data/enrolment.json    server, device, label, where the key is
    data/replica/          the local copy, encrypted where the key is in the keyring
    data/documents/        signed papers of this machine
    the device's key       in the system's keyring where there is a real one, else data/device.key (mode 0600)

`enrolment.json` is written last, so an enrolment that broke off is none. What only an enrolment needs is loaded there:
the other way leads to the first paint.
"""

from __future__ import annotations

import os
import shutil
from typing import Literal

import msgspec

from sync.device_key import DeviceKey
from sync.errors import InputError, ServerRefused, StoreError, TransportError
from workstation.locations import Locations

LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


class Enrolment(msgspec.Struct, frozen=True):
    """What a machine knows of itself; its key is not among it."""

    server: str
    hall: str
    device: str
    label: str
    kept: Literal["keyring", "file"]


class Place:
    """Where a machine's enrolment lies."""

    def __init__(self, locations: Locations) -> None:
        self.locations = locations
        self.file = locations.data / "enrolment.json"
        self.replica = locations.replica_dir / "replica.db"
        self.key_file = locations.data / "device.key"
        self.papers = locations.data / "documents"

    def read(self) -> Enrolment:
        """Raises InputError `signon.not_enrolled`, StoreError `signon.enrolment_unreadable`."""
        try:
            return msgspec.json.decode(self.file.read_bytes(), type=Enrolment)
        except FileNotFoundError:
            raise InputError("signon.not_enrolled") from None
        except (OSError, msgspec.MsgspecError):
            raise StoreError("signon.enrolment_unreadable", path=str(self.file)) from None

    def key(self, enrolment: Enrolment) -> DeviceKey:
        """The device's key. Raises StoreError `signon.key_lost`, `signon.key_unreadable`."""
        if enrolment.kept == "keyring":
            from workstation.documents.passphrase import PROBE_S, within

            found = within(PROBE_S, lambda: _from_keyring(enrolment.device))
            if found:
                return DeviceKey.read(found)
            raise StoreError("signon.key_lost", where="keyring", path=str(self.file))
        try:
            return DeviceKey.read(self.key_file.read_text())
        except OSError:
            raise StoreError("signon.key_lost", where=str(self.key_file), path=str(self.file)) from None

    async def enrol(self, server: str, code: str, label: str) -> Enrolment:
        """Turn a one-time code into this device. Raises InputError `signon.already_enrolled`, `signon.bad_server`,
        `signon.server_plain`, `signon.enrol_refused`, TransportError `signon.enrol_unreachable`, StoreError."""
        from sync.replica.sessions import enrol
        from sync.replica.store import ReplicaStore
        from sync.transport.http import HttpTransport

        if self.file.exists():
            raise InputError("signon.already_enrolled", label=self.read().label, path=str(self.locations.data))
        server = checked(server)
        door, key = HttpTransport(server), DeviceKey.make(encrypted=True)
        try:
            given = await enrol(door, code.strip(), label, key)
        except ServerRefused as refused:
            raise InputError("signon.enrol_refused", reason=refused.code) from None
        except TransportError:
            raise TransportError("signon.enrol_unreachable", server=server) from None
        finally:
            await door.close()
        try:
            kept, key = self._keep(given.device, key)
            ReplicaStore.create(
                self.replica, device=given.device, hall=given.hall, shapes=given.shapes, key=key.replica
            )
            enrolment = Enrolment(server, given.hall, given.device, label, kept)
            part = self.file.with_suffix(".new")
            part.write_bytes(msgspec.json.encode(enrolment))
            part.replace(self.file)
        except OSError as error:
            self.replica.unlink(missing_ok=True)
            detail = error.strerror or str(error)
            raise StoreError("replica_unwritable", path=str(self.locations.data), detail=detail) from None
        return enrolment

    def erase(self, enrolment: Enrolment) -> None:
        """Nothing is left of this device: its key goes first, and with it an encrypted copy; then every file. What
        cannot be removed is passed over, so that the rest goes."""
        from workstation.documents.passphrase import PROBE_S, within

        if enrolment.kept == "keyring":
            within(PROBE_S, lambda: _out_of_keyring(enrolment.device))
        self.key_file.unlink(missing_ok=True)
        self.file.unlink(missing_ok=True)
        for folder in (self.locations.data, self.locations.cache):
            shutil.rmtree(folder, ignore_errors=True)

    def reset(self, enrolment: Enrolment, *, lost: bool = False) -> None:
        """This machine is no device any more: its key goes first, and only when it is gone everything that it opened.
        The bureau's seal, the drop folder and settings stay. Raises StoreError `reset.key_stays`, unless the key is
        `lost` anyway: then nothing has changed."""
        from workstation.documents.passphrase import PROBE_S, within

        if enrolment.kept == "keyring" and not within(PROBE_S, lambda: _gone(enrolment.device)) and not lost:
            raise StoreError("reset.key_stays", account=_account(enrolment.device))
        self.key_file.unlink(missing_ok=True)
        self.file.unlink(missing_ok=True)
        for folder in (self.replica.parent, self.papers, self.locations.cache):
            shutil.rmtree(folder, ignore_errors=True)

    def _keep(self, device: str, key: DeviceKey) -> tuple[Literal["keyring", "file"], DeviceKey]:
        """Where the key is kept, and the key as it is kept: beside a file of the copy's own folder a key of the copy
        would protect nothing, so there is none."""
        from workstation.documents.passphrase import PROBE_S, within

        if within(PROBE_S, lambda: _to_keyring(device, key.text)):
            return "keyring", key
        plain = key.without_replica()
        self.locations.data.mkdir(parents=True, exist_ok=True)
        fd = os.open(self.key_file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(fd, "w") as file:
            os.chmod(self.key_file, 0o600)
            file.write(plain.text)
        return "file", plain


def checked(server: str) -> str:
    """A server's address without its last stroke; a PIN goes over the network only where TLS hides it."""
    from urllib.parse import urlsplit

    parts = urlsplit(server.strip())
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise InputError("signon.bad_server", server=server[:80])
    if parts.scheme == "http" and parts.hostname not in LOOPBACK:
        raise InputError("signon.server_plain", server=server[:80])
    return server.strip().rstrip("/")


def _from_keyring(device: str) -> str | None:
    from workstation.documents.passphrase import SERVICE, safe_backend

    backend = safe_backend()
    return backend.get_password(SERVICE, _account(device)) if backend is not None else None


def _to_keyring(device: str, text: str) -> bool:
    from workstation.documents.passphrase import SERVICE, safe_backend

    backend = safe_backend()
    if backend is None:
        return False
    backend.set_password(SERVICE, _account(device), text)
    return backend.get_password(SERVICE, _account(device)) == text


def _out_of_keyring(device: str) -> bool:
    from workstation.documents.passphrase import SERVICE, safe_backend

    delete = getattr(safe_backend(), "delete_password", None)
    if delete is None:
        return False
    delete(SERVICE, _account(device))
    return True


def _gone(device: str) -> bool:
    return _out_of_keyring(device) and _from_keyring(device) is None


def _account(device: str) -> str:
    return f"device {device}"
