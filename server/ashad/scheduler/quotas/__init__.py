"""Quotas of the operator: how many trials may run, for whom, and whose turn it is.

rules       how many trials each may run, and what weighs how much
quota_file  the operator's file, read strictly
usage       who runs what, counted by what quotas count
quotas      who has to wait, for which quota, and who is first when one frees
"""

from ashad.scheduler.quotas.quota_file import QuotaFileError, Rereader, read_rules
from ashad.scheduler.quotas.quotas import Asking, Line, Quotas, QuotaShare, QuotaUse
from ashad.scheduler.quotas.rules import QuotaRules, Slot

__all__ = [
    "Asking",
    "Line",
    "QuotaFileError",
    "QuotaRules",
    "QuotaShare",
    "QuotaUse",
    "Quotas",
    "Rereader",
    "Slot",
    "read_rules",
]
