"""Seat orders: managers renew a contract or add seats by themselves, at the price they saw."""
