"""The log of questions a bot could not serve: opt-in, masked, one JSON object a line, safe for many writers.

Writers append under a lock, whole lines only; settled lines leave by an atomic replace under the same lock. A line torn by
a crash is kept as it is and skipped when reading.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from bot.authoring import files
from bot.types import Reply

REASONS = {"abstain": "abstained", "clarify": "asked back", "down": "thumbed down"}
_LONGEST = 500  # characters of a question kept
_MAIL = re.compile(r"[^\s@<>()\"',;:]+@[^\s@<>()\"',;:]+\.[^\s@<>()\"',;:]+")
# Seven digits or more, however they are grouped: telephone, card and account numbers; a date is none.
_NUMBER = re.compile(r"\+?\(?\d(?:[ .\-/()]{0,2}\d){6,}")
_DATE = re.compile(r"(19|20)\d\d-\d\d-\d\d")


class Entry(msgspec.Struct, frozen=True, omit_defaults=True):
    """One logged question, masked; `why` is abstain, clarify or down; `at` is UTC, ISO 8601."""

    text: str
    why: str
    at: str = ""
    intent: str = ""
    confidence: float = 0.0
    build: str = ""


def mask(text: str) -> str:
    """Return the text on one line, with e-mail addresses and long numbers replaced.

    >>> mask("mail ann@example.org or call +49 30 1234567, since 2024-05-13")
    'mail <email> or call <number>, since 2024-05-13'
    """
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    line = _NUMBER.sub(lambda m: m[0] if _DATE.fullmatch(m[0]) else "<number>", _MAIL.sub("<email>", line))
    # Masked before it is cut: half a number would be short enough to slip through.
    return line[:_LONGEST]


def note(path: Path, text: str, reply: Reply, down: bool = False) -> bool:
    """Log a question where its reply abstained, asked back or was thumbed down; return whether it was logged.

    Raises OSError where the file cannot be written.
    """
    why = "down" if down else reply.status
    masked = mask(text)
    if why not in REASONS or not masked:
        return False
    now = datetime.now(UTC).isoformat(timespec="seconds")
    entry = Entry(masked, why, now, reply.intent, round(reply.confidence, 4), reply.build)
    with _locked(path), path.open("ab+") as file:
        # What a crash left unfinished must not swallow the next line.
        line = (b"\n" if _torn(path) else b"") + msgspec.json.encode(entry) + b"\n"
        file.write(line)
        file.flush()
        os.fsync(file.fileno())
    return True


def keeper(path: Path) -> Callable[[str, Reply, bool], None]:
    """Return a function (text, reply, thumbed down) that logs to a file, and says on stderr, once, if it cannot."""
    broken = False

    def keep(text: str, reply: Reply, down: bool) -> None:
        nonlocal broken
        try:
            note(path, text, reply, down)
        except OSError as error:
            if not broken:
                print(f"genai-bot: nothing is logged: {error}", file=sys.stderr)
            broken = True

    return keep


def read(path: Path) -> list[Entry]:
    """Return the entries of a log, oldest first; a missing file has none, a damaged line is skipped."""
    return [entry for _, entry in _entries(path) if entry is not None]


def settle(path: Path, texts: Collection[str]) -> int:
    """Take the entries with one of the texts out of the log; return how many. What others write meanwhile stays."""
    with _locked(path):
        kept, gone = [], 0
        for line, entry in _entries(path):
            if entry is not None and entry.text in texts:
                gone += 1
            else:
                kept.append(line + "\n")
        if gone:
            files.replace(path, "".join(kept))
    return gone


def _entries(path: Path) -> Iterator[tuple[str, Entry | None]]:
    # A line is kept byte for byte, also where it is damaged.
    text = path.read_bytes().decode("utf-8", errors="surrogateescape") if path.exists() else ""
    for line in text.split("\n"):
        if line.strip():
            try:
                yield line, msgspec.json.decode(line.encode("utf-8", errors="surrogateescape"), type=Entry)
            except msgspec.DecodeError:
                yield line, None


def _torn(path: Path) -> bool:
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        if size:
            file.seek(-1, os.SEEK_END)
        return size > 0 and file.read(1) != b"\n"


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Hold the log's lock, a file of its own beside it: the log itself is replaced when it is settled."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path.with_name(path.name + ".lock"), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        _lock(handle)
        if not path.exists():
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600))
        yield
    finally:
        os.close(handle)  # which also gives the lock back


if sys.platform == "win32":
    import msvcrt

    def _lock(handle: int) -> None:
        msvcrt.locking(handle, msvcrt.LK_LOCK, 1)
else:
    import fcntl

    def _lock(handle: int) -> None:
        fcntl.flock(handle, fcntl.LOCK_EX)
