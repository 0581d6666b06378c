"""All rules, loaded together: `decide(op, facts)`, `RULES`."""

from sync.rules import register as register
