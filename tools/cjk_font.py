"""Build src/rapport/data/fonts/NotoSansSC-part.ttf. See docs/reference/data.md for where its parts come from.

    npm pack @expo-google-fonts/noto-sans-sc@0.4.3 && tar xzf expo-google-fonts-noto-sans-sc-0.4.3.tgz
    python tools/cjk_font.py package/400Regular/NotoSansSC_400Regular.ttf src/rapport/data/fonts/NotoSansSC-part.ttf

Kept are the letters of three national sets of characters that stand for those in daily use: GB 2312, the first level of
Big5, the first level of JIS X 0208. The whole font has 30,890 letters and is more than three times as large.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import uharfbuzz

FIRST = 0x2E80  # below it DejaVu Sans draws
_TRAIL = range(0xA1, 0xFF)
SETS: tuple[tuple[str, range, Iterable[int]], ...] = (
    ("gb2312", range(0xA1, 0xF8), _TRAIL),
    ("big5", range(0xA1, 0xC7), (*range(0x40, 0x7F), *_TRAIL)),
    ("euc_jp", range(0xA1, 0xD0), _TRAIL),
)


def letters() -> Iterator[int]:
    for codec, lead, trail in SETS:
        for pair in (bytes((first, second)) for first in lead for second in trail):
            read = pair.decode(codec, errors="ignore")
            if len(read) == 1 and ord(read) >= FIRST:
                yield ord(read)


def main(whole: Path, part: Path) -> None:
    wanted = uharfbuzz.SubsetInput()
    wanted.sets(uharfbuzz.SubsetInputSets.UNICODE).update(sorted({*letters()}))
    wanted.flags = uharfbuzz.SubsetFlags.NO_HINTING
    face = uharfbuzz.Face(uharfbuzz.Blob.from_file_path(whole))
    part.write_bytes(uharfbuzz.subset(face, wanted).blob.data)
    print(f"{part}: {part.stat().st_size:,} bytes, {len({*letters()}):,} letters")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
