"""Map layers that the operator put into the folder `layers` of the data folder: GeoJSON files and MBTiles."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from django.conf import settings

#: What an MBTiles file says in its metadata (`format`), and how we send it.
IMAGES = {"png": "image/png", "jpg": "image/jpeg", "jpeg": "image/jpeg", "webp": "image/webp"}


def _files(ending: str) -> dict[str, Path]:
    """Layer names to files. Names come from the folder, so that an address can name nothing else."""
    return {path.stem: path for path in sorted((settings.DATA_DIR / "layers").glob(f"*.{ending}"))}


def drawings() -> list[str]:
    """The names of the GeoJSON layers."""
    return list(_files("geojson"))


def tile_sets() -> list[str]:
    """The names of the MBTiles."""
    return list(_files("mbtiles"))


def drawing(name: str) -> Path | None:
    """The file of a GeoJSON layer, or None for an unknown name."""
    return _files("geojson").get(name)


def tile(name: str, zoom: int, x: int, y: int) -> tuple[bytes, str] | None:
    """One tile and its content type, or None. Rows are counted from the north, as in web addresses; the file counts
    from the south."""
    path = _files("mbtiles").get(name)
    if path is None or zoom > 30 or x >> zoom or y >> zoom:  # a database takes no larger numbers
        return None
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
        wanted = (zoom, x, (1 << zoom) - 1 - y)
        row = connection.execute(
            "SELECT tile_data FROM tiles WHERE zoom_level=? AND tile_column=? AND tile_row=?", wanted
        ).fetchone()
        kind = connection.execute("SELECT value FROM metadata WHERE name='format'").fetchone()
    if row is None or kind is None or kind[0] not in IMAGES:
        return None
    return row[0], IMAGES[kind[0]]
