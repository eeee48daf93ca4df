"""What a body says to who opens it: of an archive, what its files say."""

from __future__ import annotations

import io
import zipfile


def unpacked(body: bytes) -> str:
    """A ZIP's names and files, workbooks and packs among them, one after the other; any other body as it is."""
    if not body.startswith(b"PK\x03\x04"):
        return body.decode("utf-8", "replace")
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        return "\n".join(f"{name}\n{archive.read(name).decode('utf-8', 'replace')}" for name in archive.namelist())
