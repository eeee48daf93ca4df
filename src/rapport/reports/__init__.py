"""What was said, by whom."""
