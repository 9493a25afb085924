"""Job progress estimates of long work, for the LTI tool."""

from lms.core.job_progress_estimates import pace_of as pace_of
