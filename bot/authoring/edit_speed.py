"""Measure the seconds from saving an edit to the answer that shows it: `python -m bot.authoring.edit_speed [FOLDER]`.

Works on a copy of the folder (default: the shipped content), with the watch that the chat uses.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from statistics import median

import msgspec

from bot import compiled as compiled_
from bot import pattern
from bot.api import SHIPPED, Bot
from bot.authoring import files
from bot.authoring.watch import Watch
from bot.authoring.workspace import STATEMENT
from bot.types import Intent, Reply

LIMIT = 600.0  # seconds after which an edit counts as lost
_HEAD = 24  # characters by which a text is found in its file
_TRIED = 20  # things asked about for each intent
_STEP = 0.01  # seconds between two questions
# Words that stand in no authored line together.
_WORDS = ("walnut", "saddle", "harbour", "pillow", "thunder", "orchard", "lantern", "velvet", "gravel", "meadow")


class Edit(msgspec.Struct, frozen=True):
    """A file and its text after an edit, a question, and whether its reply shows the edit."""

    path: Path
    new: str
    question: str
    shown: Callable[[Reply], bool]


class LostError(Exception):
    """An edit that no answer showed within LIMIT seconds."""


def main() -> int:
    """Print median and worst seconds for each sort of edit."""
    parser = argparse.ArgumentParser(prog="python -m bot.authoring.edit_speed", description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=SHIPPED)
    parser.add_argument("--edits", type=int, default=20, help="edits of each sort (default 20)")
    parser.add_argument("--trained", type=int, default=2, help="whole trainings waited for (default 2)")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as work:
        folder = Path(work) / "content"
        for part in ("intents", "knowledge"):
            if (args.folder / part).is_dir():
                shutil.copytree(args.folder / part, folder / part)
        _measure(folder, Path(work) / "cache", args.edits, args.trained)
    return 0


def _measure(folder: Path, cache: Path, edits: int, trained: int) -> None:
    with Watch(Bot(folder, cache=cache), cache, lambda text: None) as watch:
        for what, found in (("fact", _facts), ("answer", _answers), ("example, in its words", _examples)):
            _show(what, [_wait(watch, e) for e in islice(found(folder, watch.bot), edits)])
        _show("example, trained", [_wait(watch, e, True) for e in islice(_examples(folder, watch.bot, "and"), trained)])
        fresh = compiled_.build([folder])
        print("the build is that of a fresh start:", compiled_.dump(fresh) == compiled_.dump(watch.bot.compiled))


def _show(what: str, seconds: Sequence[float]) -> None:
    if seconds:
        print(f"{what:<22}{len(seconds):4} edits: median {median(seconds):6.2f} s, worst {max(seconds):6.2f} s", flush=True)


def _wait(watch: Watch, edit: Edit, trained: bool = False) -> float:
    """Save an edit; return the seconds until an answer shows it (by a ranker that was trained with it)."""
    asked = watch.bot
    files.replace(edit.path, edit.new)
    start = time.perf_counter()
    wanted = compiled_.key(watch.bot.folders) if trained else ""
    while True:
        bot = watch.bot
        # The same bot gives the same answer: asking it again would only hold up the watch.
        if bot is not asked and (not trained or bot.compiled.build == wanted) and edit.shown(bot.ask(edit.question)):
            return time.perf_counter() - start
        asked = bot
        if time.perf_counter() - start > LIMIT:
            raise LostError(f"{edit.path}: {edit.question}")
        time.sleep(_STEP)


def _facts(folder: Path, bot: Bot) -> Iterator[Edit]:
    """Yield edits of a fact that the answer to "what is …" reads."""
    for entity in bot.compiled.content.entities.values():
        question = f"what is {entity.name}"
        said = bot.ask(question).text
        values = [v for f in entity.facts for v in f.values if len(v) > _HEAD and v in said]
        paths = list((folder / "knowledge" / entity.kind).glob(f"{entity.id}.yaml"))
        if values and paths and (edit := _inserted(paths[0], values[0], question)):
            yield edit


def _answers(folder: Path, bot: Bot) -> Iterator[Edit]:
    """Yield edits of what a statement says."""
    for statement in bot.compiled.content.statements.values():
        if bot.ask(statement.question).intent == STATEMENT + statement.id:
            edit = _inserted(folder / statement.place.rpartition(":")[0], statement.say, statement.question)
            if edit:
                yield edit


def _inserted(path: Path, text: str, question: str) -> Edit | None:
    """Return the edit that puts a new word before a text, or None where it is not found once."""
    old, word = path.read_text(encoding="utf-8"), f"Edited{len(text)}"
    if old.count(text[:_HEAD]) != 1:
        return None
    new = old.replace(text[:_HEAD], f"{word} {text[:_HEAD]}")
    return Edit(path, new, question, lambda reply: word in reply.text)


def _examples(folder: Path, bot: Bot, joint: str = "of") -> Iterator[Edit]:
    """Yield new examples with a slot, each asked in just these words of a thing the intent has an answer about."""
    known = [(i, name) for i in bot.compiled.content.intents.values() if (name := _answered(bot, i))]
    for number in range(len(_WORDS) ** 2 if known else 0):
        intent, thing = known[number % len(known)]
        words = f"{_WORDS[number % 10]} {_WORDS[(number // 10 + number + 1) % 10]} {joint}"
        path = folder / intent.place.rpartition(":")[0]
        old = path.read_text(encoding="utf-8")
        new = old.replace("examples: |\n", f"examples: |\n  {words} {{{intent.slots[0].name}}}\n", 1)
        yield Edit(path, new, f"{words} {thing}", lambda reply, name=intent.name: reply.intent == name)  # type: ignore[misc]


def _answered(bot: Bot, intent: Intent) -> str:
    """Return the name of something that an intent with one slot for one thing answers about, or ""."""
    if len(intent.slots) != 1 or intent.slots[0].many or intent.act or intent.place.startswith("base/"):
        return ""
    lines = [line.text for line in intent.examples if "{" in line.text][:1]
    fitting = [e.name for e in bot.compiled.content.entities.values() if e.kind in intent.slots[0].kinds]
    for name in fitting[:_TRIED] if lines else ():
        reply = bot.ask(pattern.expand(lines[0], 1)[0].replace("{" + intent.slots[0].name + "}", name))
        if reply.answered and reply.intent == intent.name:
            return name
    return ""


if __name__ == "__main__":
    raise SystemExit(main())
