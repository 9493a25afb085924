"""Pages of quotes, invoices, credit notes, receipts and statements."""
