"""Live webinars: registrations, joining, changes of date, and reminders."""
