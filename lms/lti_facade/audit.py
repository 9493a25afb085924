"""The audit trail, for the acts of the tool."""

from lms.audit import Detail as Detail
from lms.audit import record as record
