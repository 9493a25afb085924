"""Rosters: who is in each course, and when that was read."""
