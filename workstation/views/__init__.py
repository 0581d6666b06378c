"""Frozen view models built from rows. No Textual."""
