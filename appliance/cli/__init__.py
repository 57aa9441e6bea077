"""Command-line doors: run, demo, admin."""
