"""Quotes as pages show them."""
