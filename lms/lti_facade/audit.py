"""The audit trail, for acts of the LTI tool."""

from lms.audit import Detail as Detail
from lms.audit import record as record
