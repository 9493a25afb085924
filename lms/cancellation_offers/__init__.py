"""Cancellation offers: what payers choose when a webinar is canceled, by a mailed link."""
