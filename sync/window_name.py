"""What a citizen reads and hears of a window: a bare number says nothing under "please come to"."""


def window_name(label: str) -> str:
    """03号窗口 for 03; a label that says what it is stays."""
    return f"{label}号窗口" if label[-1:].isdigit() and "窗口" not in label else label
