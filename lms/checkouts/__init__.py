"""Checkouts: paying by card, and what the card provider says of payments, refunds and disputes."""
