"""One file per command group; each calls the same functions as the pages."""
