"""Staff pages of payments, refunds and balances."""
