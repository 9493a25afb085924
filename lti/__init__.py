"""The LTI 1.3 tool: what brings the library into a course, and the only face of it that may be framed."""
