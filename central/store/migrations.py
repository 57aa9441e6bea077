"""What turns a database of an earlier version into one of this version.

SQL that both engines know, written once and never changed again.
"""

# From version N to N+1, in order. Released schemas only grow.
MIGRATIONS: dict[int, tuple[str, ...]] = {}
