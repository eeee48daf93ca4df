"""HXL 1.1 (Humanitarian Exchange Language): hashtags in a row of a table say what its columns mean.

START: read.py makes a Table of a file, operations.py and count.py make other Tables of it, write.py writes them.
Where we depart from libhxl, the library that most people know HXL by: docs/reference/hxl.md.
"""
