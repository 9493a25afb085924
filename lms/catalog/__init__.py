"""Catalog: webinars, series and presenters, and what their pages and lists show."""
