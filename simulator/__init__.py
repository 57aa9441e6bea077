"""Simulated devices for trials, training and tests: they speak the real device protocol, from the device's side."""
