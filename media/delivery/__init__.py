"""Delivery: media tokens, byte ranges, and the WSGI app that sends files."""
