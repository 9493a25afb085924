"""The LTI 1.3 tool: launches, choosing content, grades, rosters, frames, and embed links."""
