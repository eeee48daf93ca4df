"""What readers and their systems pull: feeds."""
