"""Pages for buying: the cart, checkout, passes, and payment pages."""
