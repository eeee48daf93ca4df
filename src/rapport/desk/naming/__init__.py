"""Names of places that are known here because somebody said so, or that reports taught."""
