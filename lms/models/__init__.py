"""Tables only: no queries and no rules."""
