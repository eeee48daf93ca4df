"""One report on the desk: what was said, what machines make of it, its files, and the form to decide."""
