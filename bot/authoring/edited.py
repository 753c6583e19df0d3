"""What was edited between two states of content, line by line, and which edited line explains a changed answer."""

from __future__ import annotations

import difflib
import subprocess
import tarfile
from collections.abc import Iterator, Sequence
from datetime import date
from io import BytesIO
from pathlib import Path

import msgspec

from bot import content as content_
from bot.api import Bot
from bot.authoring.impact import Change
from bot.authoring.workspace import Workspace, fact_nodes
from bot.errors import BotError
from bot.text import stem, tokenize
from bot.types import Trace

_TEMPLATE = 12  # lines below its first that an edit may stand in and still be of the same answer
_LEAST = 0.15  # likeness below which an edit explains nothing


class Edit(msgspec.Struct, frozen=True, order=True):
    """One line that one side has and the other has not: `sign` is + (new) or -; `line` counts from 1."""

    file: str
    line: int
    sign: str
    text: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.sign} {self.text.strip()}"


def checkout(revision: str, folder: Path, to: Path) -> Path:
    """Return a copy of a content folder as it was in a git revision; raise BotError where there is none."""
    if revision.startswith("-") or not folder.is_dir():
        raise BotError(f"no revision '{revision[:60]}'; name a commit, branch or tag, or a content folder")
    parts = [p for p in ("intents", "knowledge") if (folder / p).is_dir()]
    top = to / folder.resolve().name
    command = ["git", "-C", str(folder), "archive", "--format=tar", revision, "--", *parts]
    ran = subprocess.run(command, capture_output=True, check=False)
    if ran.returncode:
        reason = ran.stderr.decode(errors="replace").strip().split("\n")[0]
        raise BotError(f"git has no '{revision[:60]}' of {folder}: {reason}")
    with tarfile.open(fileobj=BytesIO(ran.stdout)) as tar:
        tar.extractall(top, filter="data")
    return top


def edits(old: Sequence[Path], new: Sequence[Path]) -> list[Edit]:
    """Return every edited line, those of the new side first in each file."""
    before, after = _texts(old), _texts(new)
    return sorted(e for file in {*before, *after} for e in _edits(file, before.get(file, []), after.get(file, [])))


def _texts(folders: Sequence[Path]) -> dict[str, list[str]]:
    return {shown: path.read_text(encoding="utf-8", errors="replace").splitlines() for path, shown in content_.files(folders)}


def _edits(file: str, old: list[str], new: list[str]) -> Iterator[Edit]:
    for op, a, b, c, d in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes() if old != new else ():
        if op != "equal":
            yield from (Edit(file, n + 1, "+", new[n]) for n in range(c, d) if new[n].strip())
            # What was replaced is told by what replaced it.
            yield from (Edit(file, n + 1, "-", old[n]) for n in range(a, b) if old[n].strip() and c == d)


class Owners:
    """Which lines of a bot's content a trace rests on."""

    def __init__(self, bot: Bot) -> None:
        self._bot = bot
        self._workspace = Workspace(bot.folders, bot.compiled.content, date.min)
        self._facts = {
            f"{id}.{name}": (file, line)
            for id, file in self._workspace.homes.items()
            if (root := self._workspace.root(file)) is not None
            for _, name, (line, _), _ in fact_nodes(root)
        }

    def lines(self, trace: Trace) -> set[tuple[str, int]]:
        """Return (file, line) of the facts cited and of the first lines of the answers said."""
        places = [p for s in trace.steps for p in s.answers]
        content = self._bot.compiled.content
        for step in trace.steps:
            statement = content.statements.get(step.decision.intent.removeprefix("statement:"))
            places += [statement.place] if statement else []
        found = {(file, int(line)) for file, _, line in (p.rpartition(":") for p in places)}
        return found | {self._facts[f] for s in trace.steps for f in s.cited if f in self._facts}

    def files(self, trace: Trace) -> set[str]:
        """Return the files of the intent or statement chosen, and of the things mentioned."""
        found = {file for file, _ in self.lines(trace)}
        intents = self._bot.compiled.content.intents
        found |= {intents[i].place.rpartition(":")[0] for s in trace.steps if (i := s.decision.intent) in intents}
        return found | {self._workspace.homes[m.entity] for m in trace.reply.entities if m.entity in self._workspace.homes}


def explained(changes: Sequence[Change], found: Sequence[Edit], old: Bot, new: Bot) -> list[tuple[Edit | None, list[Change]]]:
    """Return the changes by the edited line that best explains each, None last: what was learned elsewhere."""
    before, after = Owners(old), Owners(new)
    grouped: dict[Edit | None, list[Change]] = {}
    for change in changes:
        grouped.setdefault(_why(change, found, before, after), []).append(change)
    return sorted(grouped.items(), key=lambda g: (g[0] is None, g[0] or Edit("", 0, "", "")))


def _why(change: Change, found: Sequence[Edit], before: Owners, after: Owners) -> Edit | None:
    """Return the edited line a change rests on.

    Another intent comes of wording: the line most like the question. Another answer comes of what it read.
    """
    moved = change.old.reply.intent != change.new.reply.intent
    lines = {"+": after.lines(change.new), "-": before.lines(change.old)}
    files = after.files(change.new) | before.files(change.old)
    words = _stems(change.question)
    best: tuple[float, Edit] | None = None
    for edit in found:
        ahead = [edit.line - n for f, n in lines[edit.sign] if f == edit.file and 0 <= edit.line - n < _TEMPLATE]
        read = 0.0 if moved or not ahead else 2 + 1 / (1 + min(ahead))
        own = _stems(edit.text)
        alike = len(words & own) / max(len(words | own), 1)
        score = read + alike * (2 if edit.file in files else 1)
        if score > _LEAST and (best is None or score > best[0]):
            best = (score, edit)
    return best[1] if best else None


def _stems(text: str) -> set[str]:
    return {stem(t.word) for t in tokenize(text)}
