"""Staff pages of ID mappings."""
