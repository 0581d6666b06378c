"""The staff workstation: the Textual program and its command line."""
