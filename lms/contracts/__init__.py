"""Contracts: renewals, grace periods, and reminders before a term ends."""
