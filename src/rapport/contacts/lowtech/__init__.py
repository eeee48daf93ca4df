"""Pure: messages between offices where the line is bad: as SMS, read aloud, as a form; and back without loss."""
