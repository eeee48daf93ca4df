"""`python -m rapport.cli`: the command where nothing is on the path."""

from rapport.cli.main import main

main()
