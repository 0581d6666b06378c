"""The hall without a screen: scripted people and recorded logs through real replicas and a real server process.

hall.py        the store, the server child on a driven clock, its crash and its restart
device.py      one machine: a replica file, the people signed on at it, its exchange with the server
journal.py     what was asked and what was answered, on disk before and after
"""
