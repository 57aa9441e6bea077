"""Device topics on the broker."""
