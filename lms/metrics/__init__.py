"""Metrics: counts requests, jobs and emails, for Prometheus, Sentry and OpenTelemetry."""
