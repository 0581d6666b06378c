"""Loads every module of rules, so that `RULES` is whole. One line a noun."""

from sync.rules import ledger as ledger
from sync.rules import rating as rating
