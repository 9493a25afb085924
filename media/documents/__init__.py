"""Documents: checking, drawing, cleaning and stamping PDF and Office files."""
