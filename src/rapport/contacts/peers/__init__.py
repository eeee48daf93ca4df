"""Other instances of rapport with which this one exchanges messages between offices."""
