"""Sales: what was sold and the access it gives, payments, refunds and disputes."""
