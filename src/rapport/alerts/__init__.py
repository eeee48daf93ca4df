"""Warnings that people issue, update and cancel: what is drafted, what was issued, what each reader gets of it."""
