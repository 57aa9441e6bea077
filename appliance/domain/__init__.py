"""The rules: values and the time in, decisions out. No I/O, no clock, no model."""
