"""The supervision in a browser: `workstation serve`. Read-only pages over this machine's own copy, on loopback.

one puller (the engine) ─▶ replica ─query_only─▶ one thread, a page a second at most ─▶ any number of viewers

There is no form, no script and nothing from outside in a page; a page reads itself again. textual-serve would show the
same screens, but its page loads a font from outside, and it starts a process for every viewer.
"""
