"""Use cases: one transaction each. They know neither Flask nor HTTP."""
