"""Contracts: renewals, grace periods, and reminders of what ends."""
