"""Ways in: one folder per channel."""
