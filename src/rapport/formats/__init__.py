"""Pure codecs: what leaves, from Releases; CAP and HXL both ways."""
