"""How messages travel: memory and HTTP."""
