"""Embed links: iframe addresses for sites without LTI, and who can watch there."""
