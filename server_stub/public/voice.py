"""What the hall's display says: an announcement's words as sound, of recorded clips or synthesised.

    请A037号到3号窗口 ─▶ clips of a folder, the longest name first, joined ─▶ WAV
                         └ one is missing ─▶ espeak-ng, where it is installed ─▶ WAV
                                              └ neither ─▶ silence, and the display says so

A clip is a WAV file named by what it says: 请.wav A.wav 0.wav 号到.wav 窗口.wav, a whole window's name too; all of one
format. Digits are said one by one: as a number A037 would be thirty-seven. Debian's espeak-ng knows no Chinese signs,
so it is given pinyin.
"""

from __future__ import annotations

import asyncio
import io
import logging
import shutil
import subprocess
import wave
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path

from sync.errors import InputError
from sync.window_name import window_name

TEST = "请A001号到1号窗口"
KEPT = 64
SECONDS = 5.0
_SIGNS = "0123456789请号到窗口下位一"
_SPELT = (
    *("ling2", "yi1", "er4", "san1", "si4", "wu3", "liu4", "qi1", "ba1", "jiu3"),
    *("qing3", "hao4", "dao4", "chuang1", "kou3", "xia4", "wei4", "yi2"),
)
_PINYIN = dict(zip(_SIGNS, _SPELT, strict=True))
_log = logging.getLogger("sync-server")


def words(number: str | None, window: str) -> str:
    """What is said of a call."""
    who = f"{number}号" if number else "下一位"
    return f"请{who}到{window_name(window)}"


class Voice:
    """One a server process. `clips` is a folder, or None; raises InputError `no_clips` where nothing lies in it."""

    def __init__(self, clips: Path | None = None) -> None:
        self._clips = {path.stem: path for path in sorted(clips.glob("*.wav"))} if clips is not None else {}
        if clips is not None and not self._clips:
            raise InputError("no_clips", path=str(clips))
        self._longest = max(map(len, self._clips), default=0)
        self._synthesiser = shutil.which("espeak-ng")
        self._kept: OrderedDict[str, bytes] = OrderedDict()
        self._making: dict[str, asyncio.Future[bytes | None]] = {}

    @property
    def ready(self) -> bool:
        """Whether anything can be said at all."""
        return bool(self._clips or self._synthesiser)

    async def said(self, text: str) -> bytes | None:
        """A WAV file of this text; None where it cannot be said."""
        if text in self._kept:
            return self._kept[text]
        if text not in self._making:  # every display asks for the same call in the same moment: it is made once
            making = self._making[text] = asyncio.ensure_future(asyncio.to_thread(self._made, text))
            making.add_done_callback(lambda done: self._keep(text, done))
        return await asyncio.shield(self._making[text])

    def _keep(self, text: str, done: asyncio.Future[bytes | None]) -> None:
        del self._making[text]
        made = None if done.cancelled() or done.exception() else done.result()
        if made is not None:
            self._kept[text] = made
            if len(self._kept) > KEPT:
                self._kept.popitem(last=False)

    def _made(self, text: str) -> bytes | None:
        if (parts := self._parts(text)) is not None:
            try:
                return joined(parts)
            except (wave.Error, OSError, EOFError, ValueError) as error:
                _log.error("clips_not_joined", extra={"error": type(error).__name__})
        return self._synthesised(text)

    def _parts(self, text: str) -> list[Path] | None:
        """The clips that say it, the longest first; None where one is missing."""
        found, at = [], 0
        while at < len(text):
            name = next(
                (text[at : at + n] for n in range(self._longest, 0, -1) if text[at : at + n] in self._clips), ""
            )
            if not name:
                return None
            found.append(self._clips[name])
            at += len(name)
        return found

    def _synthesised(self, text: str) -> bytes | None:
        """Signs that have no pinyin here – a site's name before the number – are left out."""
        if self._synthesiser is None:
            return None
        spelt = " ".join(sign if sign.isascii() and sign.isalpha() else _PINYIN.get(sign, "") for sign in text)
        command = [self._synthesiser, "-v", "cmn-latn-pinyin", "-s", "150", "--stdout", spelt]
        try:
            done = subprocess.run(command, capture_output=True, check=True, timeout=SECONDS, stdin=subprocess.DEVNULL)
        except (OSError, subprocess.SubprocessError) as error:
            _log.error("not_synthesised", extra={"error": type(error).__name__})
            return None
        return done.stdout


def joined(parts: Sequence[Path]) -> bytes:
    """Clips one after another. Raises ValueError where their formats differ, wave.Error for what is no WAV file."""
    out, form = io.BytesIO(), None
    with wave.open(out, "wb") as whole:
        for path in parts:
            with wave.open(str(path), "rb") as clip:
                if form is None:
                    form = clip.getparams()[:3]
                    whole.setnchannels(form[0])
                    whole.setsampwidth(form[1])
                    whole.setframerate(form[2])
                elif clip.getparams()[:3] != form:
                    raise ValueError(path.name)
                whole.writeframes(clip.readframes(clip.getnframes()))
    return out.getvalue()
