"""SQLite: models, opening, migrations, live state, backup. Decides nothing."""
