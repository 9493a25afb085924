"""Search: webinars and passages by their words, and suggestions."""
