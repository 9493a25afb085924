"""Seat imports: a staff list becomes seats of a pool, with a dry run first."""
