"""Pages of seats: claiming, own seats, and everything for managers."""
