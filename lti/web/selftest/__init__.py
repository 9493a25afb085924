"""The staff page of the self-test."""
