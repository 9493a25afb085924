"""Sales: orders and the access they give, quotes, invoices, credit notes and corrections."""
