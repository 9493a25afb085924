"""The pages of the house's staff."""
