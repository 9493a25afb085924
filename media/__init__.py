"""Media: files and their delivery, independent of Flask, the database and accounts."""
