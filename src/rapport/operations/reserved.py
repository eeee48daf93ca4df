"""Names that no operation may have, because an address of rapport begins with them."""

from __future__ import annotations

#: First path segments in use (tests/guards/test_routes.py compares them with the addresses there are), or kept for
#: later: an operation cannot be renamed once its address is printed on a poster.
RESERVED_SLUGS = frozenset({
    ".well-known", "about", "accounts", "admin", "api", "basemap", "catalogue", "catalogue.jsonld", "contacts", "desk",
    "docs", "drills", "events", "export", "feeds", "frameworks", "healthz", "help", "in", "language", "media",
    "operation", "operations", "organisations", "oversight", "people", "privacy", "rapport", "registry", "robots.txt",
    "sources", "static", "taxii2", "tiles",
})  # fmt: skip
