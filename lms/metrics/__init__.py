"""Metrics: counts what is served and done, for Prometheus, Sentry and OpenTelemetry."""
