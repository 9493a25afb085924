"""The tool's tables: no queries, no rules."""
