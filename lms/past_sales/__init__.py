"""Past sales: importing earlier sales, with their access and invitations."""
