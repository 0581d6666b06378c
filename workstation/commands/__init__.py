"""Subcommands of `workstation`, one a module: `add(parser)` declares arguments, `run(arguments) -> int` does the work.

A module imports nothing heavy before `run`.
"""
