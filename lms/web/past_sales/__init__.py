"""Pages of past-sales imports."""
