"""Pages of delivery kits."""
