"""Payments: money received and refunded, and which invoices it pays."""
