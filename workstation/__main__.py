"""`python -m workstation` is the command `workstation`."""

import sys

from workstation.cli import main

sys.exit(main())
