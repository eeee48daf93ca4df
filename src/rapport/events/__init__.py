"""What happened where; which event a report belongs to; the map."""
