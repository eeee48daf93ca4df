"""Automated functions in an operation: which are stopped, who answers for them, and what people say against them."""
