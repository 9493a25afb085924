"""Reports: what was watched, by whom, seat usage, and the audit log."""
