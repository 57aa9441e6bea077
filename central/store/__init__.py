"""Tables, and the opening of SQLite or PostgreSQL. Decides nothing."""
