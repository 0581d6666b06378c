"""Loads every module of rules, so that `RULES` is whole. One line a noun."""

from sync.rules import appointment as appointment
from sync.rules import appraisal as appraisal
from sync.rules import approval as approval
from sync.rules import block as block
from sync.rules import case as case
from sync.rules import conflict as conflict
from sync.rules import device as device
from sync.rules import held as held
from sync.rules import ledger as ledger
from sync.rules import material as material
from sync.rules import parcel as parcel
from sync.rules import personal as personal
from sync.rules import printing as printing
from sync.rules import raising as raising
from sync.rules import rating as rating
from sync.rules import registry as registry
from sync.rules import request as request
from sync.rules import restore as restore
from sync.rules import setting as setting
from sync.rules import staff as staff
from sync.rules import staffing as staffing
from sync.rules import tags as tags
from sync.rules import ticket as ticket
from sync.rules import window as window
