"""Pricing: the price list, and quotes with their tiers and cheaper offers."""
