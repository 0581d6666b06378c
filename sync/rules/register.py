"""Loads every module of rules, so that `RULES` is whole. One line a noun."""
