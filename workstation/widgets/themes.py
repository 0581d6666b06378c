"""The four themes. Every colour has a word, a sign or bold beside it, so each also reads in black and white."""

from __future__ import annotations

from textual.theme import Theme

DARK = Theme(
    name="hall-dark",
    dark=True,
    primary="#5b8fc9",
    secondary="#7aa2c9",
    accent="#8ec7ff",
    warning="#e0b040",
    error="#f07070",
    success="#7cc48a",
    foreground="#e4e4e4",
    background="#14181d",
    surface="#1b2129",
    panel="#232b35",
    variables={"quiet": "#98a2ae", "cursor": "#2c4a6e"},
)
LIGHT = Theme(
    name="hall-light",
    dark=False,
    primary="#1f5f9f",
    secondary="#34699a",
    accent="#0b4f8a",
    warning="#8a5a00",
    error="#a81818",
    success="#1c6b30",
    foreground="#16191d",
    background="#fbfbf8",
    surface="#f0f1ee",
    panel="#e3e6e8",
    variables={"quiet": "#59616a", "cursor": "#c3dcf5"},
)
CONTRAST = Theme(
    name="hall-contrast",
    dark=True,
    primary="#ffffff",
    secondary="#ffffff",
    accent="#ffff00",
    warning="#ffff00",
    error="#ff8080",
    success="#80ff80",
    foreground="#ffffff",
    background="#000000",
    surface="#000000",
    panel="#000000",
    text_alpha=1.0,
    variables={"quiet": "#d8d8d8", "cursor": "#0030c0"},
)
# Blue and orange stay apart for every common kind of colour blindness; red and green are not set against each other.
COLOURBLIND = Theme(
    name="hall-colourblind",
    dark=True,
    primary="#56b4e9",
    secondary="#0072b2",
    accent="#56b4e9",
    warning="#e69f00",
    error="#ff9d4d",
    success="#6fb7ff",
    foreground="#eeeeee",
    background="#12161a",
    surface="#1a2026",
    panel="#232b33",
    variables={"quiet": "#a3adb7", "cursor": "#24507a"},
)
THEMES = {"dark": DARK, "light": LIGHT, "contrast": CONTRAST, "colourblind": COLOURBLIND}
