"""What the hall speaks to beyond itself: connectors, each with a simulator beside it."""
