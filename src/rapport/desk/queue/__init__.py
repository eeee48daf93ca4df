"""What waits, in which order, who holds what, and how it goes."""
