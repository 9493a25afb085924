"""Past sales: importing what was sold before, with its access and invitations."""
