"""How well the text chain does what it claims: figures on real messages, told by their split."""
