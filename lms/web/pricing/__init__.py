"""Quotes and the buy box as pages show them."""
