"""Pages for linking accounts and for a person's own data."""
