"""Pages on which customers ask for something."""
