"""What is recorded about decisions; keys."""
