"""`make fuzz`: the readers of what strangers send, given damaged files until the time is up."""
