"""A file of reports comes in as one step: looked through, confirmed, kept in batches, taken back as a whole.

What a file says is worked out by pure modules: guess.py proposes a Plan with its evidence, reading.py gives the rows,
judge.py makes of each a Message or a Refused.
"""
