"""Metrics: counts what is served and done, and answers Prometheus."""
