"""Pages of embed links, and of their visitors."""
