"""Payments: money received and returned, and what of it pays which invoice."""
