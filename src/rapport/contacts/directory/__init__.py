"""The directory: which offices there are, who may say what they are, and who is shown how they are reached."""
