"""Recorded work through the real program: logs read, a hall made for them, real replicas, a real server process.

log.py        the two formats, by their header; rows that cannot be used, counted by reason
expected.py   what must come out, from the file alone, by code that imports nothing of the product
hall.py       the hall of a log: its people, windows and devices
permits.py    the permit log's people at work
queue.py      the queue trace's people at work
faults.py     the network and the server in bad hands: requests lost, doubled, reordered; partitions; kill -9
oracle.py     journals, server log and replicas held against each other
sabotage.py   falsifies the finished store, to see that the oracle notices
report.py     the figures, as JSON and in words
"""
