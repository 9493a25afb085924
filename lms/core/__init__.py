"""Core: settings, clock, database, errors, and the formats that everything else builds on."""
