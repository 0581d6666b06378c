"""What a finger can press on a page: 44 pixels, as the guidelines for the web have it (WCAG 2.2, 2.5.5)."""

from __future__ import annotations

from playwright.sync_api import Page

LEAST_PX = 44


def thin(page: Page) -> list[str]:
    """The words of what should be pressed and is too low for it."""
    boxes = [(each.inner_text(), each.bounding_box()) for each in page.locator("a, button, summary").all()]
    return [words for words, box in boxes if box is not None and box["height"] < LEAST_PX]
