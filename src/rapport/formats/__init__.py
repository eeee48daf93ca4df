"""Pure codecs: from Releases GeoJSON, CSV, RSS, Atom; both ways CAP."""
