"""Pure codecs from Releases: GeoJSON, CSV, RSS, Atom; and of files of others: HXL."""
