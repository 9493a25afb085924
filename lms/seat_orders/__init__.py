"""Seat orders: managers renew a contract or add seats on their own, at the price they saw."""
