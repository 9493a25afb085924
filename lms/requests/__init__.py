"""Requests: customers' requests to staff, with files, answers and due times."""
