"""Staff pages of sales and requests."""
