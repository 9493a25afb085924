"""Metrics: counts requests, decisions, jobs and emails, for Prometheus, Sentry and OpenTelemetry."""
