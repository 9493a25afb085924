"""Organizations: their members, managers, email domains, and staff lists."""
