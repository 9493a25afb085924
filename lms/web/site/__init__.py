"""Pages of this installation: the staff dashboard, branding and prices, the theme."""
