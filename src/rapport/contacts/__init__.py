"""Whom one reaches in another State or organisation, whether they still answer, and what is said between them."""
