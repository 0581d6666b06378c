"""The client's engine: outbox, push, pull, fold."""
