"""Order reviews: customers' own orders that our team or managers decide about."""
