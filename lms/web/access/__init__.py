"""Pages about access: a decision as a panel."""
