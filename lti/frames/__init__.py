"""Framed sessions: opened by a launch or an embed link."""
