"""A crisis and what it brings: sources, categories, languages, places."""
