"""What was learnt from data, as files; docs/reference/data.md says from which, and by which command."""
