"""Housekeeping: jobs that expire and delete old rows and files, and check stored files."""
