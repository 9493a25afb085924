"""The web server: how gunicorn runs the pages, drains, and counts what it serves."""
