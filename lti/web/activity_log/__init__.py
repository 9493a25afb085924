"""Pages of launches and scores, for managers and staff."""
