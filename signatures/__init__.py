"""Whether a signature is one: the same checks for the city and for its boxes. Holds no secret."""
