"""Pure: sheets of paper (rows.py) as PDF, in the scripts that the fonts which come with rapport can draw."""
