"""The centre was restored from a backup; by the clock, when its administrator says so."""

from __future__ import annotations

from sync.protocol.operation import Args, Count, kind


@kind("hall.restored@1")
class Restored(Args, frozen=True, kw_only=True):
    """`id` names the history that begins here; each series passes over `skip` numbers, since some of them may have been
    given by the centre that was lost."""

    skip: Count
