"""People, organisations, roles, keys."""
