"""Captions: converts caption files to clean WebVTT."""
