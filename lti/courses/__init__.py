"""Courses: what instructors and managers see of the links in them."""
