"""People of platforms: their identities, linked accounts, and data."""
