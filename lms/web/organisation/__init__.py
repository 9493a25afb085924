"""The pages of whoever looks after an organisation's seats."""
