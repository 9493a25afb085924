"""Receivables: reminders of unpaid invoices, and what pauses them."""
