"""Documents as files named by their hash."""
