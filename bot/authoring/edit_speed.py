"""Measure the time from saving an edit to an answer that shows it: `python -m bot.authoring.edit_speed [FOLDER] [--edits N]`.

Works on a copy of the folder (default: the shipped content), with the watch that the chat uses.
"""

from __future__ import annotations

import argparse
import re
import shutil
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from statistics import median

from bot import compiled as compiled_
from bot.api import SHIPPED, Bot
from bot.authoring import files
from bot.authoring.watch import EVERY, Watch

LIMIT = 600.0  # seconds after which an edit counts as lost


class Lost(Exception):
    """An edit that no answer showed within LIMIT seconds."""


def main() -> int:
    """Print median and worst seconds for each sort of edit."""
    parser = argparse.ArgumentParser(prog="python -m bot.authoring.edit_speed", description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=SHIPPED)
    parser.add_argument("--edits", type=int, default=20, help="edits of each sort (default 20)")
    parser.add_argument("--trained", type=int, default=3, help="full trainings timed (default 3)")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as work:
        _measure(_copy(args.folder, Path(work)), Path(work) / "cache", args.edits, args.trained)
    return 0


def _copy(folder: Path, work: Path) -> Path:
    for part in ("intents", "knowledge"):
        shutil.copytree(folder / part, work / "content" / part)
    return work / "content"


def _measure(folder: Path, cache: Path, edits: int, trained: int) -> None:
    with Watch(Bot(folder, cache=cache), cache, lambda text: None) as watch:
        _show("fact", [_until(watch, *edit) for edit in _facts(folder, edits)])
        _show("answer", [_until(watch, *edit) for edit in _answers(folder, edits, watch.bot)])
        lines = list(_examples(folder, edits, watch.bot))
        _show("example, its own words", [_until(watch, *edit) for edit in lines])
        _show("example, trained", [_trained(watch, *edit) for edit in _examples(folder, trained, watch.bot, "again")])
        full = compiled_.build([folder])
        print("the last build is that of a fresh start:", compiled_.dump(full) == compiled_.dump(watch.bot.compiled))


def _show(what: str, seconds: Sequence[float]) -> None:
    if seconds:
        print(f"{what:<24} {len(seconds):3} edits: median {median(seconds):5.2f} s, worst {max(seconds):5.2f} s", flush=True)


Edit = tuple[Path, str, Callable[[Bot], bool]]


def _facts(folder: Path, edits: int) -> Iterable[Edit]:
    """Yield edits of a summary: (file, new text, whether a bot shows it)."""
    found = 0
    for path in sorted((folder / "knowledge").rglob("*.yaml")):
        text = path.read_text(encoding="utf-8")
        # A summary of one line, so that what follows it stays YAML.
        if found < edits and path.parent.name in ("model", "product") and re.search(r"^ +summary: [A-Z][^|\n]*\.$", text, re.M):
            found += 1
            word = f"Edited{found}"
            new = re.sub(r"^( +summary: )([A-Z])", rf"\1{word} \2", text, count=1, flags=re.M)
            yield path, new, lambda bot, id=path.stem, word=word: _summary(bot, id, word)  # type: ignore[misc]


def _summary(bot: Bot, id: str, word: str) -> bool:
    entity = bot.compiled.content.entities[id]
    return any(word in v for f in entity.facts for v in f.values) and bot.ask(f"what is {entity.name}") is not None


def _answers(folder: Path, edits: int, bot: Bot) -> Iterable[Edit]:
    """Yield edits of a statement's answer, each asked by its own question."""
    for number, statement in enumerate(list(bot.compiled.content.statements.values())[:edits]):
        path = folder / statement.place.rpartition(":")[0]
        word = f"Edited{number}"
        head, entry, tail = _entry(path.read_text(encoding="utf-8"), statement.id)
        new = re.sub(r"^(  say: *(?:\|\n +)?\"?)", rf"\1{word} ", entry, count=1, flags=re.M)
        id = statement.id
        yield path, head + new + tail, lambda bot, id=id, word=word: word in bot.compiled.content.statements[id].say  # type: ignore[misc]


def _entry(text: str, id: str) -> tuple[str, str, str]:
    """Return a file's text before, in and after a statement's entry."""
    head, _, rest = text.partition(f"\n{id}:\n")
    return head + f"\n{id}:\n" if rest else "", rest or text, ""


def _examples(folder: Path, edits: int, bot: Bot, tag: str = "zorp") -> Iterable[Edit]:
    """Yield new examples in words that nobody uses, each asked in just these words."""
    content = bot.compiled.content
    plain = [i for i in content.intents.values() if i.act != "none" and not i.place.startswith("base/") and i.answers]
    for number in range(edits):
        intent = plain[number % len(plain)]
        path = folder / intent.place.rpartition(":")[0]
        words = f"{tag} {_letters(number)} quux frob"
        new = path.read_text(encoding="utf-8").replace("examples: |\n", f"examples: |\n  {words}\n", 1)
        yield path, new, lambda bot, words=words, name=intent.name: _means(bot, words, name)  # type: ignore[misc]


def _letters(number: int) -> str:
    return "".join("abcdefghij"[int(d)] * 2 for d in f"{number:02}")


def _means(bot: Bot, words: str, name: str) -> bool:
    steps = bot.explain(words).steps
    return any(c.intent == name for s in steps for c in s.ranking) and bot.compiled.ranker.exact is not None


def _until(watch: Watch, path: Path, text: str, shows: Callable[[Bot], bool]) -> float:
    """Save a text; return the seconds until the watch's bot shows it."""
    files.replace(path, text)
    start = time.perf_counter()
    while not shows(watch.bot):
        time.sleep(0.01)
        if time.perf_counter() - start > LIMIT:
            raise Lost(str(path))
    return time.perf_counter() - start


def _trained(watch: Watch, path: Path, text: str, shows: Callable[[Bot], bool]) -> float:
    """Save a text; return the seconds until the watch's bot has been trained with it."""
    return _until(watch, path, text, lambda bot: shows(bot) and not watch.busy and time.sleep(2 * EVERY) is None and not watch.busy)


if __name__ == "__main__":
    raise SystemExit(main())
