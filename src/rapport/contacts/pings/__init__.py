"""Whether offices still answer: each way to reach one is tried at a moment that nobody foresees, and what came of it
is between the office and the network's team. All others get totals."""
