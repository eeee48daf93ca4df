"""Standing orders: rules that a person signed, and what they do to a batch of reports."""
