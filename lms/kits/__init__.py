"""Delivery kits: files for an institution that must host a recording itself."""
