"""Documents: numbered quotes, invoices, credit notes, receipts and statements, and their PDFs."""
