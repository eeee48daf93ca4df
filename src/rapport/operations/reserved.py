"""Names that no operation may have, because an address of rapport begins with them."""

from __future__ import annotations

#: First path segments in use or promised (tests/guards/test_routes.py compares them with the addresses there are).
RESERVED_SLUGS = frozenset(
    {
        "about",
        "accounts",
        "api",
        "basemap",
        "healthz",
        "in",
        "language",
        "robots.txt",
        "static",
        "taxii2",
        "tiles",
    }
)
