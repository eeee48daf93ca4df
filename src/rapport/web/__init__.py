"""Settings, root addresses, base templates, shared static files."""
