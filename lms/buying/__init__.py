"""Buying: carts, checkout, order sessions, and the payment page of each order."""
