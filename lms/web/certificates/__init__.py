"""Pages of certificates: own, staff, verification, and badges."""
