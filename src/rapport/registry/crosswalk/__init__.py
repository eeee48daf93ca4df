"""Policies, forms, code lists and staffing of several agencies side by side: what is the same, and what differs."""
