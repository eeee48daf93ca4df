"""rapport: from a message in a crisis to a verified event, shared exactly as far as was agreed."""
