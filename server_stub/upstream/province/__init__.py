"""The province's rating platform: every rating reaches it once, and each day is held against what it has.

    log of `rating` ──read on──▶ upload (own outbox) ──batches, signed──▶ province
                                   ▲       │ acknowledged | refused, with why | no answer: again, later
                                   │       ▼
                                   └── each day that is over: count and digest, then numbers ── upload_day

The outbox is filled from the log in one transaction with the place up to which it was read: nothing is missed, and
nothing waits for the province. What is sent has a number of its own, so sending it again changes nothing.
"""
