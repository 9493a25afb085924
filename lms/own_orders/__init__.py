"""Own orders: what payers see of their orders, and what they can change."""
