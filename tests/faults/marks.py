"""What a log must never hold: a name, a telephone, an identity number, the words of a rating."""

NAME, PHONE, IDENTITY, WORDS = "孙某某", "13900000071", "370213199001010071", "MARKWORDS"
MARKS = (NAME, PHONE, IDENTITY, WORDS)
