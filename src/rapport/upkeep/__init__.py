"""Keeping rapport itself: backups, their way back, upgrades, and what is wrong."""
