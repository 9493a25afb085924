"""Seats: pools, claims, invitations, transfers, the waitlist, and every count of seats."""
