"""Ways in that the worker asks: mailboxes, feeds, public posts. Only what an operator set up is asked, and no address
that lies inside a network."""
