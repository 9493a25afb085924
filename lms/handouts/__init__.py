"""Handouts: documents of a webinar, their pages, and how they match the slides."""
