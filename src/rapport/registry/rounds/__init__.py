"""Rounds of questions: surveys of what each does, stocktaking, measures weighed. START: running.py, answering.py."""
