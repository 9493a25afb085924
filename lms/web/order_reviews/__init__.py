"""Pages of order reviews: orders that managers can take over."""
