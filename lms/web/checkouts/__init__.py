"""Pages of checkouts: the webhook of the card provider."""
