"""Grants: giving a login access to webinars, and revoking it."""
