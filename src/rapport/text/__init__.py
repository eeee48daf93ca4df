"""Pure: what a message seems to say. Start with chain.py."""
