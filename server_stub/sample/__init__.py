"""A small sample hall, for `workstation demo`, headless runs and tests. Its persons and firms are plainly made up.

    hall.py      scopes, offices, sites, windows, tags, settings, people with their roles
    matters.py   what people come for
    people.py    who works here, with the sample's PINs
    morning.py   a day's queue: tickets given out, called, served, rated
    appointments.py  who comes by appointment: reported, missed, to come
    cases.py     cases in their states, with materials that can be opened
    ledger.py    bad ratings on their way to being put right
    scans.py     the files of the materials, drawn at run time
    play.py      plays all that through the one write path, on a clock of its own
    make.py      `sync-server sample` and `sync-server morning`

The same seed, day and hour give the same store: ids are hashes, nothing is random, no clock is read.
"""
