"""Who may see what: decided here and nowhere else."""
