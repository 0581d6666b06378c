"""The client's engine: a local copy of some scopes, an outbox, and the exchange with the server."""
