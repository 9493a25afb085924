"""Cancellation offers: what payers choose, by emailed link, when a webinar is canceled or moved."""
