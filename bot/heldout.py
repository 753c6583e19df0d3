"""Questions kept apart from training: `held_out.jsonl` in a content folder sets its thresholds and proves its claims.

A line is {"text": ..., "intent": ...}; the intent is "" for a question that the content should not answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec

from bot.errors import ContentError, Problem

NAME = "held_out.jsonl"


class HeldOut(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A question and its true intent, "" where none of the content's."""

    text: str
    intent: str = ""


def read(folders: Sequence[Path]) -> list[HeldOut]:
    """Return the held-out questions of the folders; raise ContentError with every line that is none."""
    found, problems = [], []
    for path in _paths(folders):
        for number, line in enumerate(path.read_bytes().splitlines(), 1):
            if not line.strip():
                continue
            try:
                found.append(msgspec.json.decode(line, type=HeldOut))
            except (msgspec.DecodeError, UnicodeDecodeError) as error:
                message = f'not a line like {{"text": ..., "intent": ...}} ({error})'
                problems.append(Problem(NAME, number, 1, message, "held-out"))
    if problems:
        raise ContentError(problems)
    return found


def bytes_of(folders: Sequence[Path]) -> bytes:
    """Return the held-out files' bytes, for the content hash."""
    return b"\0".join(path.read_bytes() for path in _paths(folders))


def _paths(folders: Sequence[Path]) -> list[Path]:
    return [path for folder in folders if (path := folder / NAME).is_file()]
