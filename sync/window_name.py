"""What a window is called: a bare number says nothing under "please come to"."""


def is_number(label: str) -> bool:
    """Whether a label says only which window it is (03, A3), and not that it is one."""
    return label[-1:].isdigit() and "窗口" not in label


def window_name(label: str, place: str | None = None) -> str:
    """As citizens read and hear it: 03号窗口 for 03, a label that says what it is stays; with its place, where one is
    told: 03号窗口 (2层)."""
    name = f"{label}号窗口" if is_number(label) else label
    return f"{name} ({place})" if place else name
