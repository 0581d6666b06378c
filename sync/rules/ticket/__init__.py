"""The rules of queue calling, a stage a file: issue, call, service, invitation, aside, close, lease, layout."""

from sync.rules.ticket import aside as aside
from sync.rules.ticket import call as call
from sync.rules.ticket import close as close
from sync.rules.ticket import invitation as invitation
from sync.rules.ticket import issue as issue
from sync.rules.ticket import layout as layout
from sync.rules.ticket import lease as lease
from sync.rules.ticket import service as service
