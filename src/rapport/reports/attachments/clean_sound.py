"""Sound is decoded to its samples and written anew as WAV, one channel of 16 kHz: enough for every voice."""

from __future__ import annotations

import io
import wave

import miniaudio

from rapport.reports.attachments.copies import Copy, Unclean
from rapport.reports.attachments.kinds import WAV

RATE = 16_000  # samples a second, 16 bits each [ours: wide-band speech, as in voice calls]
LONGEST = 600  # seconds of a copy [ours]
_PIECE = RATE  # frames decoded at once


def sound(data: bytes) -> Copy:
    """The first LONGEST seconds. How long it is follows from what could be decoded, never from what a header says."""
    out = io.BytesIO()
    frames, more = 0, False
    with wave.open(out, "wb") as made:
        made.setnchannels(1)
        made.setsampwidth(2)
        made.setframerate(RATE)
        try:
            for piece in miniaudio.stream_memory(data, nchannels=1, sample_rate=RATE, frames_to_read=_PIECE):
                if more := frames >= LONGEST * RATE:
                    break
                made.writeframesraw(piece.tobytes())
                frames += len(piece)
        except miniaudio.MiniaudioError as error:
            if not frames:
                raise Unclean(
                    "no sound can be read from it: the recording is damaged, or of a kind without a decoder here"
                ) from error
    if not frames:
        raise Unclean("there is no sound in it")
    note = f"the copy holds the first {LONGEST // 60} minutes" if more else ""
    return Copy(WAV.type, out.getvalue(), seconds=round(frames / RATE, 1), note=note)
