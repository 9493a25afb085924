"""Grants: giving a login access to webinars, and taking it back."""
