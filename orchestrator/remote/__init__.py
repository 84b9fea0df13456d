"""Target: one host as the steps see it."""
