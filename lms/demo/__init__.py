"""The demo: an invented training company with webinars, customers and recordings."""
