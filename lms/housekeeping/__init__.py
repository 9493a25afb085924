"""Housekeeping: jobs that end what is over, delete what was removed, and check stored files."""
