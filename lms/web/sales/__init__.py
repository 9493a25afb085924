"""Pages of orders, quotes and requests: for staff, and for organizations."""
