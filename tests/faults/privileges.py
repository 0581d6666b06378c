"""What a child is denied before its program starts, whoever runs the tests.

unprivileged   modes of files hold, for root too: the kernel's override leaves the bounding set, exec gives no more
small_files    no file may grow over so many bytes: a full disk for whoever writes one
"""

from __future__ import annotations

import ctypes
import os
import resource
from collections.abc import Callable

_PR_CAPBSET_DROP = 24
_CAP_DAC_OVERRIDE, _CAP_DAC_READ_SEARCH = 1, 2


def unprivileged() -> None:
    """As `preexec_fn`."""
    if os.geteuid() != 0:
        return
    libc = ctypes.CDLL(None, use_errno=True)
    for capability in (_CAP_DAC_OVERRIDE, _CAP_DAC_READ_SEARCH):
        if libc.prctl(_PR_CAPBSET_DROP, capability, 0, 0, 0):
            raise OSError(ctypes.get_errno(), "prctl")


def small_files(limit: int) -> Callable[[], None]:
    """As `preexec_fn`: writing beyond `limit` bytes of a file fails (Python ignores the signal that comes)."""

    def before() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    return before
