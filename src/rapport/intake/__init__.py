"""A message arrives and is kept. Start with receive.py."""
