"""Staff pages of payment reminders."""
