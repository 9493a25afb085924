"""Captions: files of them become clean WebVTT."""
