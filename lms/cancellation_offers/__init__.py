"""Cancellation offers: what payers choose when a webinar is canceled or moved, by a mailed link."""
