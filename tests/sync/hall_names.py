"""What the small hall's things are called, for whoever needs no hall: light clients import nothing else of it."""

MONDAY = 1_772_413_200_000  # 2026-03-02 09:00 in the hall
BASE, QUEUE, CASES, NUMBERS = "licang:base", "licang:queue", "licang:case/registration", "licang:numbers"
RATING, CALLBACK = "licang:rating", "licang:callback"
FOOD, ARCHIVE = "licang:case/food", "licang:archive/registration"
SCOPES = (BASE, QUEUE, CASES, FOOD, ARCHIVE, RATING, CALLBACK, NUMBERS)
CLERKS = ("0307", "0308", "0309")
PIN = "1234"
