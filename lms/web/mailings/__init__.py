"""Pages of mailings: writing and sending them, subscribing, and subscribers."""
