"""Pages of cancellation offers: for payers, by an emailed link, and for staff."""
