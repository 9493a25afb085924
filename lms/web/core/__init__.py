"""What all pages share: guard, forms, errors, sign-in, paging, headers, and texts."""
