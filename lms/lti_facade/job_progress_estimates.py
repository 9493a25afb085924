"""Job progress estimates of long work, for the LTI tool."""

from lms.jobs.progress_estimates import pace_of as pace_of
