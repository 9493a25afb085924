"""Database models: tables only, no queries and no rules."""
