"""Sentences for the errors of the pages about schools, devices, alerts and orders. See `texts`."""

PAGE_TEXTS: dict[str, str] = {}
PAGE_REASONS: dict[str, str] = {}
