"""One event on the desk and all of them: what they say, merging and splitting, and what is done about them."""
