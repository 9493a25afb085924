"""Pages of courses, for instructors and managers."""
