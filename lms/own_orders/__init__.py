"""Own orders: what payers see of their orders, and what they change of them by themselves."""
