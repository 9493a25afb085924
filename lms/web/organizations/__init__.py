"""Pages of organizations: for their managers and for staff."""
