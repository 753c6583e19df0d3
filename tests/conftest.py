"""What tests share: the shipped bot compiled once, a tiny content folder, and the command as a user runs it."""

import io
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot import Bot
from bot.channels.cli import main

HERE = Path(__file__).parent
TINY = HERE / "content" / "tiny"


@dataclass(frozen=True)
class Ran:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[dict]:
        """Stdout as JSON lines."""
        return [json.loads(line) for line in self.out.splitlines()]


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for compiled bots, so that the tests neither read nor fill the user's own."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="session")
def shipped(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """A folder for the shipped bot alone, shared by all workers: this one takes minutes to compile."""
    base = tmp_path_factory.getbasetemp()
    folder = (base if worker_id == "master" else base.parent) / "shipped"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def bot(shipped: Path) -> Bot:
    """The shipped bot, compiled by the first worker that asks for it, in a process of its own: coverage slows training."""
    try:
        (shipped.parent / "compiling").mkdir()
    except FileExistsError:
        _wait_for(shipped.parent / "compiled")
    else:
        code = "import sys; from bot import Bot; Bot(cache=sys.argv[1])"
        ran = subprocess.run([sys.executable, "-c", code, str(shipped)], check=False)
        (shipped.parent / "compiled").mkdir()
        assert ran.returncode == 0
    return Bot(cache=shipped)


def _wait_for(path: Path) -> None:
    while not path.exists():
        time.sleep(0.2)


@pytest.fixture(scope="session")
def tiny(cache: Path) -> Bot:
    """A bot about tea: three intents, four entities."""
    return Bot(TINY, cache=cache)


@pytest.fixture
def content(tmp_path: Path) -> Path:
    """A copy of the tiny content, to spoil."""
    return Path(shutil.copytree(TINY, tmp_path / "content"))


@pytest.fixture
def command(bot: Bot, shipped: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    """Run `genai-bot` in this process: arguments, and bytes for stdin, which is no terminal."""

    def run(*args: str, stdin: bytes = b"") -> Ran:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin), encoding="utf-8"))
        capsys.readouterr()
        try:
            code = main(["--cache", str(shipped), *args])
        except SystemExit as stop:
            code = int(stop.code or 0)
        out, err = capsys.readouterr()
        return Ran(code, out, err)

    return run


@pytest.fixture(scope="session")
def process(bot: Bot, shipped: Path) -> Callable[..., subprocess.CompletedProcess[bytes]]:
    """Run Python in a process of its own, with the compiled bot at hand."""

    def run(*args: str, stdin: bytes = b"", **environment: str) -> subprocess.CompletedProcess[bytes]:
        env = {**os.environ, "PYTHONUTF8": "1", "CACHE": str(shipped), **environment}
        return subprocess.run([sys.executable, *args], input=stdin, capture_output=True, env=env, timeout=120, check=False)

    return run


def questions(count: int) -> list[str]:
    """Return first questions from our own collections under `questions/`, spread evenly."""
    found = []
    for path in sorted((HERE / "questions").glob("*.jsonl")):
        found += [json.loads(line)["turns"][0] for line in path.read_text(encoding="utf-8").splitlines()]
    return found[:: max(1, len(found) // count)][:count]
