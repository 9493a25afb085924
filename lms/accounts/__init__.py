"""Accounts: a login and its addresses, passwords, signed-in browsers, and how it signs in."""
