"""Foreign agents: one translation each, and what all of them need beside it (docs/decisions/agents.md)."""
