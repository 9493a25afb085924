"""Forms: what a page asks for, read into plain values before the domain sees them."""
