"""From data to a signed paper: render (typst), draw the seal, sign (PAdES). Nothing is imported here: these
libraries load after first paint.
"""
