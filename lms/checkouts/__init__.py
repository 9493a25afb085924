"""Checkouts: card payments, and the card provider's events about payments, refunds and disputes."""
