"""Pure: an information-sharing protocol, read from the file on which partners agreed."""
