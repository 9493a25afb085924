"""Pages of an account: signing up and in, passwords, addresses, browsers, and personal data."""
