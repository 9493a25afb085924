"""Pages of contracts: renewals and grace periods."""
