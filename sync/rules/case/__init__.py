"""办件: a file for each stretch of the case's way."""

from sync.rules.case import authorisation as authorisation
from sync.rules.case import change as change
from sync.rules.case import decision as decision
from sync.rules.case import delivery as delivery
from sync.rules.case import end as end
from sync.rules.case import intake as intake
from sync.rules.case import issue as issue
from sync.rules.case import move as move
from sync.rules.case import notice as notice
from sync.rules.case import review as review
