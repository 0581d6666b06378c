"""How requests reach the server: over HTTP, or in memory (the same requests, handed to the application directly)."""
