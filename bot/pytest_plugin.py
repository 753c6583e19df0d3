"""Let pytest run conversation transcripts: `pytest -p bot.pytest_plugin --genai-content FOLDER FOLDER/conversations`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.api import Bot
from bot.authoring import transcripts

_BOT: pytest.StashKey[Bot] = pytest.StashKey()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add --genai-content and --genai-cache."""
    group = parser.getgroup("genai-bot")
    group.addoption("--genai-content", action="append", default=[], metavar="FOLDER", help="content the transcripts talk to")
    group.addoption("--genai-cache", default=None, metavar="FOLDER", help="folder for compiled bots")


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Return a collector for each YAML file in a folder `conversations`."""
    if file_path.suffix == ".yaml" and file_path.parent.name == "conversations":
        collector: pytest.Collector = TranscriptFile.from_parent(parent, path=file_path)
        return collector
    return None


class TranscriptFile(pytest.File):
    """A transcript: one test."""

    def collect(self) -> Iterator[pytest.Item]:
        """Yield the one test of the file."""
        yield TranscriptItem.from_parent(self, name=self.path.stem)


class TranscriptItem(pytest.Item):
    """Replays a transcript; fails with each turn that owes something."""

    def runtest(self) -> None:
        """Raise UnmetError where a reply owes something."""
        stash = self.config.stash
        if _BOT not in stash:
            stash[_BOT] = Bot(*self.config.getoption("--genai-content"), cache=self.config.getoption("--genai-cache"))
        unmet = transcripts.replay(stash[_BOT], transcripts.read(self.path)).unmet
        if unmet:
            raise UnmetError("\n".join(f"{self.path.name}:{u.turn.line}: {u.turn.you!r}: {'; '.join(u.what)}" for u in unmet))

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: object = None) -> str:
        """Return what is owed, without a traceback."""
        return str(excinfo.value)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Return where the test stands."""
        return self.path, 0, f"conversation {self.name}"


class UnmetError(Exception):
    """A reply does not do what its transcript says."""
