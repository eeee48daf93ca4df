"""The readers' pages of the registry, and what they can take away."""
