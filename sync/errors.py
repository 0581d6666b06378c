"""The exceptions that people may meet, each with a code and parameters; words for the code live in the catalogue.

    HallError                    code, params
    ├── InputError               what a person or a file gave cannot be used
    ├── StoreError               the local copy or the central store cannot be opened, read or written
    ├── TransportError           the server cannot be reached, or answered with what is no answer
    │   └── ServerRefused        the server answered with problem details (RFC 9457)
    ├── ChainBroken              a pulled row does not fit the hash chain
    ├── ClientTooOld             the server speaks a newer protocol than this program
    └── DocumentError            rendering, signing or verifying a document failed

A refusal by a rule is no exception here: it is a value, `sync.rules.outcome.Refusal`.
"""

from __future__ import annotations


class HallError(Exception):
    """Something a person can be told: `code` is a catalogue key, `params` fill its sentence."""

    def __init__(self, code: str, **params: object) -> None:
        super().__init__(code, params)
        self.code = code
        self.params = params

    def __str__(self) -> str:
        told = ", ".join(f"{name}={value}" for name, value in self.params.items())
        return f"{self.code} ({told})" if told else self.code


class InputError(HallError):
    """What a person or a file gave cannot be used; `params` names the field."""


class StoreError(HallError):
    """The local copy or the central store cannot be opened, read or written."""


class TransportError(HallError):
    """The server cannot be reached, or its answer is no answer. Nothing is known about the request's effect."""


class ServerRefused(TransportError):
    """The server answered with problem details: `params` holds `status` and `detail`."""


class ClientTooOld(HallError):
    """The centre speaks a newer protocol: nothing is taken in until this program is updated; the outbox goes out."""


class ChainBroken(HallError):
    """A pulled row does not fit the hash chain of its scope."""


class DocumentError(HallError):
    """Rendering, signing or verifying a document failed."""
