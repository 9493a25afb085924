"""Seat imports: turns a staff list into seats of a pool, after a dry run."""
