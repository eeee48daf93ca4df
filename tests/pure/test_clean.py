"""Files are told apart by their first bytes, and their copies hold what can be seen or heard and nothing else."""

from __future__ import annotations

import io
import struct
import wave
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from rapport.errors import Refused
from rapport.reports.attachments import clean_document, clean_photo, clean_sound, kinds
from rapport.reports.attachments.copies import Copy, Unclean, packed, unpacked
from rapport.values import GivenFile
from tests.pure.files import bomb_png, encoded, gif_of, pdf_of, picture, tone
from tests.pure.hostile_photos import COORDINATES, PLANTED, hostile_photos

#: What Pillow tells of a JPEG or PNG that holds nothing but its picture.
WRITTEN = {"jfif", "jfif_version", "jfif_unit", "jfif_density", "progressive", "progression"}

# --- which files are taken -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (encoded("JPEG"), kinds.JPEG),
        (encoded("PNG"), kinds.PNG),
        (encoded("WEBP"), kinds.WEBP),
        (encoded("GIF"), kinds.GIF),
        (b"\0\0\0\x18ftypheic" + bytes(16), kinds.HEIC),
        (b"\0\0\0\x18ftypM4A " + bytes(16), kinds.M4A),
        (b"\0\0\0\x18ftyp3gp4" + bytes(16), kinds.THREE_GP),
        (b"#!AMR\n" + bytes(16), kinds.AMR),
        (b"ID3\x04\0\0" + bytes(16), kinds.MP3),
        (b"\xff\xfb\x90\x64" + bytes(16), kinds.MP3),
        (b"OggS\0\x02" + bytes(16), kinds.OGG),
        (tone(), kinds.WAV),
        (pdf_of("Dlo"), kinds.PDF),
        ("Pa gen dlo nan Delmas 33.\r\nÀ l’aide".encode(), kinds.TEXT),
        ("Δεν έχουμε νερό".encode("utf-16"), kinds.TEXT),
    ],
)
def test_what_is_taken_is_known_by_its_first_bytes(data: bytes, kind: kinds.Kind) -> None:
    assert kinds.kind_of(data) is kind


@pytest.mark.parametrize(
    "data",
    [
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"<!DOCTYPE html><p>hello",
        b"  \n<html><body>",
        b"hello <script>alert(1)</script>",
        b"<?xml version='1.0'?><x/>",
        b"{\\rtf1 hello}",
        b"#!/bin/sh\nrm -rf /",
        b"PK\x03\x04" + bytes(30),
        b"MZ\x90\0" + bytes(60),
        b"\x7fELF\x02\x01" + bytes(60),
        b"Rar!\x1a\x07\0",
        b"\x1f\x8b\x08" + bytes(20),
        b"\0\0\0\x18ftypisom" + bytes(16),
        b"\xff\xe0\0\0",
        b"caf\xe9 in an old encoding",
        b" \n ",
        bytes(100),
    ],
)
def test_everything_else_is_refused_with_the_remedy_whatever_it_is_called(data: bytes) -> None:
    with pytest.raises(Refused) as refused:
        kinds.check([GivenFile("photo.jpg", "image/jpeg", data)])
    assert refused.value.reason == "file_kind"
    assert "“photo.jpg” is not taken. Taken are JPEG" in refused.value.remedy
    assert refused.value.field == "files"


def test_too_many_too_large_and_empty_files_are_refused() -> None:
    photo = GivenFile("a.jpg", "image/jpeg", encoded("JPEG"))
    large = GivenFile("b.jpg", "image/jpeg", encoded("JPEG") + bytes(kinds.MAX_FILE))
    fitting = GivenFile("c.jpg", "image/jpeg", photo.data + bytes(kinds.MAX_FILE - len(photo.data)))
    for files, reason in (
        ([photo] * 6, "too_many_files"),
        ([large], "file_too_large"),
        ([fitting] * 3, "files_too_large"),
        ([GivenFile("d.jpg", "image/jpeg", b"")], "file_empty"),
    ):
        with pytest.raises(Refused) as refused:
            kinds.check(files)
        assert refused.value.reason == reason
    kinds.check([photo] * 5)


@given(st.text())
def test_a_name_is_harmless_whatever_it_was(name: str) -> None:
    made = kinds.harmless_name(name)
    assert len(made) <= kinds.NAME_LENGTH
    assert made.isprintable()
    assert not set(made) & set("/\\\0\u202e")


def test_only_the_last_part_of_a_name_is_kept() -> None:
    assert kinds.harmless_name("C:\\Users\\x\\..\\gpj\u202e.exe") == "gpj.exe"


# --- photos --------------------------------------------------------------------------------------------------------


def opened(copy: Copy) -> Image.Image:
    return Image.open(io.BytesIO(copy.data))


def test_a_photo_is_turned_upright_and_scaled() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was held upright
    copy = clean_photo.photo(encoded("JPEG", picture(3000, 1500), exif=exif), kinds.JPEG)
    assert (copy.type, copy.width, copy.height) == ("image/jpeg", 1000, 2000)
    assert opened(copy).size == (1000, 2000)
    assert not opened(copy).getexif()


def test_what_can_be_seen_through_stays_so_and_hides_nothing() -> None:
    drawn = Image.new("RGBA", (40, 40), (200, 10, 10, 255))
    drawn.paste((77, 78, 79, 0), (0, 0, 20, 40))  # there is a colour under full transparency
    copy = clean_photo.photo(encoded("PNG", drawn), kinds.PNG)
    assert copy.type == "image/png"
    assert opened(copy).getpixel((30, 5)) == (200, 10, 10, 255)
    assert opened(copy).getpixel((5, 5)) == (0, 0, 0, 0)


def test_of_a_moving_picture_the_first_frame_is_taken() -> None:
    copy = clean_photo.photo(gif_of(40), kinds.GIF)
    assert opened(copy).size == (64, 48)
    assert getattr(opened(copy), "n_frames", 1) == 1


@pytest.mark.parametrize("shape", [(3000, 3000), (4000, 300), (17, 2000)])
def test_the_small_picture_is_small(shape: tuple[int, int]) -> None:
    noise = Image.effect_noise(shape, 120).convert("RGB")
    copy = clean_photo.photo(encoded("JPEG", noise), kinds.JPEG)
    with Image.open(io.BytesIO(copy.small)) as small:
        assert max(small.size) <= clean_photo.SMALL
    assert len(copy.small) <= clean_photo.SMALL_BYTES


def test_a_picture_with_too_many_points_is_refused_before_it_is_decoded() -> None:
    with pytest.raises(Unclean, match="50,000,000"):
        clean_photo.photo(bomb_png(50_000, 50_000), kinds.PNG)
    with pytest.raises(Unclean, match="50,000,000"):
        clean_photo.photo(bomb_png(7_100, 7_100), kinds.PNG)


def test_a_broken_photo_is_refused_in_words() -> None:
    with pytest.raises(Unclean, match="damaged"):
        clean_photo.photo(encoded("JPEG")[:200], kinds.JPEG)
    with pytest.raises(Unclean, match="damaged"):
        clean_photo.photo(encoded("PNG")[:60], kinds.PNG)


def test_a_text_that_inflates_inside_a_photo_is_refused() -> None:
    bomb = zlib.compress(bytes(200_000_000), 9)
    body = b"zTXtComment\0\0" + bomb
    chunk = struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))
    png = encoded("PNG")
    with pytest.raises(Unclean, match="damaged"):
        clean_photo.photo(png[:33] + chunk + png[33:], kinds.PNG)


@pytest.mark.parametrize(("name", "data"), hostile_photos().items(), ids=[*hostile_photos()])
def test_nothing_that_a_photo_carries_is_in_its_copy(name: str, data: bytes) -> None:
    marks = (*PLANTED, *COORDINATES)
    assert any(mark in data for mark in marks) or name.startswith("packed"), "nothing is planted: this tests nothing"
    copy = clean_photo.photo(data, kinds.of_type(getattr(kinds.kind_of(data), "type", "")))
    for made in (copy.data, copy.small):
        assert [mark for mark in marks if mark in made] == []
        with Image.open(io.BytesIO(made)) as shown:
            assert not shown.getexif()
            assert set(shown.info) <= {
                "jfif",
                "jfif_version",
                "jfif_unit",
                "jfif_density",
                "progressive",
                "progression",
            }
            shown.load()


# --- sound ---------------------------------------------------------------------------------------------------------


def test_sound_becomes_one_channel_of_speech_quality() -> None:
    copy = clean_sound.sound(tone(seconds=2, rate=44_100, channels=2))
    with wave.open(io.BytesIO(copy.data)) as made:
        assert (made.getnchannels(), made.getframerate(), made.getsampwidth()) == (1, 16_000, 2)
        assert made.getnframes() / 16_000 == pytest.approx(2, abs=0.05)
    assert copy.seconds == pytest.approx(2, abs=0.1)


@pytest.mark.parametrize("claimed", [0, 1, 0x7FFFFFFF, 0xFFFFFFFF])
def test_a_header_that_lies_about_the_length_changes_nothing(claimed: int) -> None:
    data = bytearray(tone(seconds=1))
    data[40:44] = struct.pack("<I", claimed)
    try:
        copy = clean_sound.sound(bytes(data))
    except Unclean:
        assert claimed < 2  # it says there is nothing
    else:
        assert copy.seconds is not None
        assert copy.seconds <= 1.1


def test_ten_minutes_are_enough_and_the_copy_says_so() -> None:
    copy = clean_sound.sound(tone(seconds=630, rate=8_000))
    assert copy.seconds == 600
    assert "first 10 minutes" in copy.note


def test_sound_that_is_none_is_refused() -> None:
    with pytest.raises(Unclean):
        clean_sound.sound(b"ID3\x04" + bytes(400))
    with pytest.raises(Unclean):
        clean_sound.sound(b"OggS" + bytes(400))


# --- documents -----------------------------------------------------------------------------------------------------


def test_a_document_becomes_pictures_of_its_pages() -> None:
    copy = clean_document.pdf(
        pdf_of("SECRET-WORDS", pages=3, more=b"/OpenAction << /S /JavaScript /JS (app.alert(1)) >>")
    )
    assert (copy.type, copy.pages) == ("application/pdf", 3)
    for gone in (b"SECRET", b"JavaScript", b"OpenAction", b"/Font", b"/URI"):
        assert gone not in copy.data
    assert copy.small.startswith(b"\xff\xd8")


def test_only_the_first_pages_of_a_long_document_are_copied() -> None:
    copy = clean_document.pdf(pdf_of("x", pages=40))
    assert copy.pages == 30
    assert "first 30 of 40 pages" in copy.note


def test_a_broken_document_is_refused() -> None:
    with pytest.raises(Unclean, match="damaged"):
        clean_document.pdf(b"%PDF-1.7\nnothing of it")


def test_a_text_loses_what_cannot_be_seen() -> None:
    hidden = "".join(chr(0xE0000 + ord(letter)) for letter in "hidden")
    copy = clean_document.text(f"\ufeffMèt\u202eevas{hidden}\r\nbye\x1b[0m".encode())
    assert copy.data.decode() == "Mètevas\nbye[0m"


@given(st.text(min_size=1).filter(str.strip))
def test_a_copy_of_a_text_is_its_own_copy(words: str) -> None:
    try:
        once = clean_document.text(words.encode("utf-8", "ignore"))
        assert clean_document.text(once.data).data == once.data
    except Unclean:
        pass


# --- from one process to the other ---------------------------------------------------------------------------------


@given(st.binary(min_size=1), st.binary(), st.text(max_size=100))
def test_a_copy_passes_whole(data: bytes, small: bytes, note: str) -> None:
    made = Copy("image/jpeg", data, small, 3, 4, None, None, note)
    assert unpacked(packed(made)) == made


@given(st.binary(max_size=200))
def test_an_answer_that_is_none_is_refused(answer: bytes) -> None:
    with pytest.raises(Unclean):
        unpacked(answer)
