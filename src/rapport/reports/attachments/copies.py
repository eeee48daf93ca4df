"""What comes out of cleaning: a copy, or why there can be none; and how both pass from one process to the other."""

from __future__ import annotations

import json
from dataclasses import dataclass

MAX_COPY = 40 * 1024 * 1024  # bytes of a copy and its small picture [ours: ten minutes of sound are 19 MB]
_HEAD = 4096  # bytes of what is said about a copy


class Unclean(Exception):
    """No safe copy can be made; the text says why, to follow on "No safe copy can be made: "."""


@dataclass(frozen=True, slots=True)
class Copy:
    """The cleaned copy of a file. `small` is a JPEG to be shown first, b"" where there is none; `seconds` of sound;
    `note` says what of the original is not in the copy."""

    type: str
    data: bytes
    small: bytes = b""
    width: int | None = None
    height: int | None = None
    seconds: float | None = None
    pages: int | None = None
    note: str = ""


def packed(made: Copy | Unclean) -> bytes:
    """A line of JSON, then the bytes of the copy and of its small picture."""
    if isinstance(made, Unclean):
        return json.dumps({"refused": str(made)}).encode() + b"\n"
    said = {"type": made.type, "copy": len(made.data), "small": len(made.small), "width": made.width, "note": made.note,
            "height": made.height, "seconds": made.seconds, "pages": made.pages}  # fmt: skip
    return json.dumps(said).encode() + b"\n" + made.data + made.small


def unpacked(answer: bytes) -> Copy:
    """The copy; Unclean if there is none, or the answer is not one."""
    head, _, rest = answer[:_HEAD].partition(b"\n")
    try:
        said = json.loads(head)
        if "refused" in said:
            raise Unclean(str(said["refused"])[:180])
        size, small = int(said["copy"]), int(said["small"])
        rest = answer[len(head) + 1 :]
        if len(rest) != size + small or not size:
            raise Unclean("the copy came out incomplete")
        return Copy(
            str(said["type"]), rest[:size], rest[size:], said["width"], said["height"], said["seconds"], said["pages"],
            str(said["note"])[:180],
        )  # fmt: skip
    except (ValueError, KeyError, TypeError) as error:
        raise Unclean("the copy came out incomplete") from error
