"""Pure: the data dictionary: every field that rapport can release of an event, and a check of files against it."""
