"""Embed links: iframe addresses for sites without LTI, and who may watch there."""
