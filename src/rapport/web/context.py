"""What every page's template gets."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest


def page(request: HttpRequest) -> dict[str, Any]:
    return {"tile_url": settings.TILE_URL, "languages": settings.LANGUAGES}
