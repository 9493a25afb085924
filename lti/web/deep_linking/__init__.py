"""The picker: choosing content from inside a course."""
