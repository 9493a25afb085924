"""Pages of the seller: settings, policies, vendor documents, and sales texts."""
