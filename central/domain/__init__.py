"""Rules of the city: values and the time in, decisions out. No I/O."""
