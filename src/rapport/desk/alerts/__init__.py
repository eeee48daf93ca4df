"""What colleagues write on the desk to warn people."""
