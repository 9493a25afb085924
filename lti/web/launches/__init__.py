"""Login and launch, as platforms call them."""
