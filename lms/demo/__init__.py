"""The demo: a fictional training house with people, webinars and recordings."""
