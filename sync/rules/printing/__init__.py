"""打印: the right to print a copy, and the blanks."""

from sync.rules.printing import authorisation as authorisation
from sync.rules.printing import blanks as blanks
