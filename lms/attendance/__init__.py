"""Attendance: meeting reports, the people in them, and their live minutes."""
