"""The wire formats, as typed values: a leaf that imports the standard library only."""
