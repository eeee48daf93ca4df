"""Norms, measures, processes: what was agreed where, who talks to whom, and what nobody has checked yet."""
