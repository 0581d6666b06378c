"""Widgets that know nothing of cases: they show rows, lines and fields, and say which key was pressed on them."""
