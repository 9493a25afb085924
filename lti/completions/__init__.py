"""Completions: who completed what by embed links, and as organizations report."""
