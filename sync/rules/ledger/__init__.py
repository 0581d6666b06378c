"""The callback and rectification ledger, loaded together; `machine` draws its picture."""

from sync.rules.ledger import callback, clocks, close, evidence, open, rectify

__all__ = ["callback", "clocks", "close", "evidence", "open", "rectify"]
