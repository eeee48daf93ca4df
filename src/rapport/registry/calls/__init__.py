"""Open calls for comment on texts about provisions: people comment, people show, answer and sum up."""
