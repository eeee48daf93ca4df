"""Copies of the directory that leave: cards, phone trees, signed directories. Each is written down, says on every entry
and page for whom it was made, and is seen by the offices in it."""
