"""Files that come with reports: told apart, sealed, cleaned. People get a copy made anew, never the original."""
