"""Whom this machine trusts on the network: its certificates, read once a process, for every client of ours.

Reading them takes 40 ms of the processor; a client of its own for each conversation read them each time.
"""

from __future__ import annotations

import ssl
from functools import cache

import httpx


@cache
def machine_trust() -> ssl.SSLContext:
    """A context that verifies servers by the machine's certificates; no variable of the environment changes it."""
    return httpx.create_ssl_context(trust_env=False)
