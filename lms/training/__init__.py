"""Training: webinars assigned with a due date, groups, progress, and reminders."""
