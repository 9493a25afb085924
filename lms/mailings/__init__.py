"""Mailings: emails that staff write to people of a webinar, and subscriptions to new webinars."""
