"""A plain-text announcement, as it comes by mail or from a file, read into the form of a webinar."""
