"""Revisions of a store, for both engines: `sync-server migrate` brings an older store to the newest.

    versions/baseline_0001.py   the first: its statements lie beside it, a file an engine
    REVISIONS                   all of them, oldest first; the last is what `schema.ddl` makes

Until the first release the baseline is made anew with every new table or column:
    python -m server_stub.central.migrations.baseline
After it, a revision of its own is added, and none is changed.
"""

REVISIONS = ("0001",)
HEAD = REVISIONS[-1]
