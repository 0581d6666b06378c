"""What a screen may call. No Textual, no SQL text of its own."""
