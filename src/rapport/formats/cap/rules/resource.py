"""What comes with a message: files, by address or in it (CAP 1.2, 3.2.3)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Iterator

from rapport.formats.cap.catalogue import found
from rapport.formats.cap.finding import Finding
from rapport.formats.cap.model import Resource
from rapport.formats.cap.rules.info import is_absolute

_MIME = re.compile(
    r"(application|audio|font|image|message|model|multipart|text|video)/[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}"
    r"(?:\s*;.*)?",
    re.ASCII,
)
_SHA_1 = re.compile(r"[0-9A-Fa-f]{40}", re.ASCII)


def check(resource: Resource, path: str) -> Iterator[Finding]:
    if not resource.resource_desc.strip():
        yield found("empty", f"{path}/resourceDesc", "Say what the file is, as map.")
    if not _MIME.fullmatch(resource.mime_type):
        yield found("mime-type", f"{path}/mimeType", "Write type/subtype, as image/png.", resource.mime_type)
    if resource.size is not None and resource.size < 0:
        yield found("size", f"{path}/size", "Write the size in bytes.", str(resource.size))
    if resource.uri and not is_absolute(resource.uri) and not resource.deref_uri.strip():
        remedy = "Write the whole address, or put the content into derefUri."
        yield found("uri-relative", f"{path}/uri", remedy, resource.uri)
    content = _content(resource.deref_uri)
    if content is None:
        yield found("deref-uri", f"{path}/derefUri", "Write the content in base64.", resource.deref_uri)
    digest = resource.digest.strip()
    if not digest:
        return
    if not _SHA_1.fullmatch(digest):
        yield found("digest-form", f"{path}/digest", "Write the SHA-1 digest in hexadecimal.", digest)
    elif content and digest.lower() != hashlib.sha1(content, usedforsecurity=False).hexdigest():
        yield found(
            "digest", f"{path}/digest", "The content in derefUri has another digest: one of them is wrong.", digest
        )


def _content(deref_uri: str) -> bytes | None:
    """The bytes of a derefUri, b"" where there is none; None where it is no base64."""
    try:
        return base64.b64decode("".join(deref_uri.split()), validate=True)
    except (binascii.Error, ValueError):
        return None
