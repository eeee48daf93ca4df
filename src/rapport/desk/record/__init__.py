"""What was decided, and taking it back."""
