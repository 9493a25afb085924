"""Completions: through embed links, and as organizations report them."""
