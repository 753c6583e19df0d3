"""Make a content folder out of labelled questions: Rasa NLU YAML, CSV (text, intent) or CLINC150 JSON.

Each label becomes an intent whose answer names it: a start to write answers into. Examples are taken literally: the
characters that a pattern would read as grammar are left out, as the tokeniser does not see them either.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import msgspec

from bot import content as content_
from bot import heldout, pattern, yamlfile
from bot.errors import ContentError, Problem
from bot.text import clean, tokenize

FORMATS = ("rasa", "csv", "clinc")
# Labels that data sets give to what is none of their intents.
OUTSIDE = frozenset({"oos", "out_of_scope", "out-of-scope", "none", "nlu_fallback"})
# Lines in common from which a label is held to be the base's small talk by another name.
SHARED = 3
_GRAMMAR = str.maketrans(dict.fromkeys("()[]{}|", " "))
_RASA_MARK = re.compile(r"\[([^\]]*)\]\s*(?:\([^)]*\)|\{[^}]*\})")


class Asked(msgspec.Struct, frozen=True):
    """A labelled question: `split` is the part of the data set it is in, "" where that has none; `line` counts from 1."""

    text: str
    intent: str
    split: str = ""
    line: int = 0

    @property
    def outside(self) -> bool:
        """Whether it is labelled as none of the intents."""
        return self.intent.lower() in OUTSIDE


def read(file: Path, form: str = "", splits: Sequence[str] = ()) -> list[Asked]:
    """Return the labelled questions of a file; raise ContentError with the line and reason of all that cannot be read.

    `form` is one of FORMATS, guessed from the file's ending where it is empty. `splits` keeps those parts alone.
    """
    form = form or {".json": "clinc", ".yml": "rasa", ".yaml": "rasa"}.get(file.suffix.lower(), "csv")
    problems: list[Problem] = []
    found = {"rasa": _rasa, "csv": _csv, "clinc": _clinc}[form](file, problems)
    if problems:
        raise ContentError(problems)
    known = {a.split for a in found}
    for split in splits:
        if split not in known:
            listed = ", ".join(sorted(known - {""})) or "no parts"
            problems.append(Problem(file.name, 0, 0, f"has no part '{split}'; it has {listed}", "no-split"))
    kept = [a for a in found if not splits or a.split in splits]
    if not kept and not problems:
        problems.append(Problem(file.name, 0, 0, "holds no labelled question", "empty-file"))
    if problems:
        raise ContentError(problems)
    return kept


def _text(file: Path, problems: list[Problem]) -> str:
    try:
        return file.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        message = f"not UTF-8 text (byte {error.start}); save the file as UTF-8"
        problems.append(Problem(file.name, line, 1, message, "encoding"))
        return ""


def _csv(file: Path, problems: list[Problem]) -> list[Asked]:
    """Read text and label from the columns of those names (text, intent / category / label), or from the first two."""
    text = _text(file, problems)
    if problems:
        return []
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    found: list[Asked] = []
    columns: tuple[int, int] | None = None
    try:
        for row in reader:
            if columns is None:
                columns, header = _columns(row)
                if header:
                    continue
            if not any(cell.strip() for cell in row):
                continue
            if len(row) <= max(columns) or not row[columns[0]].strip() or not row[columns[1]].strip():
                problems.append(Problem(file.name, reader.line_num, 1, "needs a text and an intent", "bad-row"))
                continue
            found.append(Asked(row[columns[0]].strip(), row[columns[1]].strip(), "", reader.line_num))
    except csv.Error as error:
        problems.append(Problem(file.name, reader.line_num, 1, f"not CSV ({error})", "csv"))
    return found


def _columns(row: Sequence[str]) -> tuple[tuple[int, int], bool]:
    """Return the places of text and label, and whether the row is a header."""
    names = [cell.strip().lower() for cell in row]
    texts = [names.index(n) for n in ("text", "utterance", "question", "query", "sentence") if n in names]
    labels = [names.index(n) for n in ("intent", "category", "label", "class") if n in names]
    return ((texts[0], labels[0]), True) if texts and labels else ((0, 1), False)


def _clinc(file: Path, problems: list[Problem]) -> list[Asked]:
    text = _text(file, problems)
    if problems:
        return []
    try:
        data: Any = json.loads(text)
    except (ValueError, RecursionError) as error:
        line, col = getattr(error, "lineno", 1), getattr(error, "colno", 1)
        problems.append(Problem(file.name, line, col, f"not JSON ({getattr(error, 'msg', error)})", "json"))
        return []
    shape = 'must be {"part": [["text", "intent"], ...], ...}, as CLINC150 is'
    if not isinstance(data, dict):
        problems.append(Problem(file.name, 1, 1, shape, "wrong-type"))
        return []
    found = []
    for split, rows in data.items():
        for number, row in enumerate(rows if isinstance(rows, list) else [None], 1):
            pair = isinstance(row, list) and len(row) == 2 and all(isinstance(v, str) and v.strip() for v in row)
            if not pair:
                problems.append(Problem(file.name, 1, 1, f"'{split}', item {number}: {shape}", "wrong-type"))
                continue
            found.append(Asked(row[0].strip(), row[1].strip(), split))
    return found


def _rasa(file: Path, problems: list[Problem]) -> list[Asked]:
    """Read the intents of an NLU file (`nlu:` with `intent` and `examples`); names marked in examples lose their marks."""
    root = yamlfile.read(file, file.name, problems)
    if root is None:
        return []
    nlu = root.value.get("nlu") if isinstance(root.value, dict) else None
    if nlu is None or not isinstance(nlu.value, list):
        problems.append(Problem(file.name, root.line, root.col, "needs 'nlu', a list of intents with examples", "missing-key"))
        return []
    found: list[Asked] = []
    for item in nlu.value:
        entry = item.value if isinstance(item.value, dict) else {}
        if "intent" not in entry:
            if not {"synonym", "regex", "lookup"} & set(entry):
                problems.append(Problem(file.name, item.line, item.col, "needs 'intent' and 'examples'", "missing-key"))
            continue
        name, examples = entry["intent"].value, entry.get("examples")
        if not isinstance(name, str) or not name.strip() or examples is None:
            problems.append(Problem(file.name, item.line, item.col, "needs 'intent' and 'examples'", "missing-key"))
            continue
        found += _rasa_examples(name.strip(), examples, file, problems)
    return found


def _rasa_examples(name: str, node: yamlfile.Node, file: Path, problems: list[Problem]) -> list[Asked]:
    if isinstance(node.value, list):
        rows = [(n.value if isinstance(n.value, str) else "", n.line) for n in node.value]
    else:
        rows = [(row.strip(), node.line + i) for i, row in enumerate(str(node.value).split("\n")) if row.strip()]
        for row, line in rows:
            if not row.startswith("- "):
                problems.append(Problem(file.name, line, node.col, "an example starts with '- '", "bad-row"))
        rows = [(row[2:].strip(), line) for row, line in rows if row.startswith("- ")]
    found = []
    for row, line in rows:
        text = _RASA_MARK.sub(r"\1", row).strip()
        if not text:
            problems.append(Problem(file.name, line, node.col, "an example is a line of text", "bad-row"))
            continue
        found.append(Asked(text, name, "", line))
    return found


# ------------------------------------------------------------------------------------------------ writing


def write(asked: Sequence[Asked], folder: Path, kept: Sequence[Asked] = ()) -> list[str]:
    """Write the content folder; return the intents' names. `kept` are held out: they set thresholds and prove claims.

    Raises ContentError where the folder holds intents already, or labels give two intents one name.
    """
    intents = folder / "intents"
    if intents.is_dir() and any(intents.iterdir()):
        raise ContentError([Problem(str(intents), 0, 0, "is not empty; import into a new folder", "folder-not-empty")])
    names = _names([a.intent for a in (*asked, *kept)])
    by: dict[str, dict[str, None]] = {}
    for a in asked:
        line = " ".join(clean(a.text).translate(_GRAMMAR).split()).lstrip("#- ")
        if tokenize(line):
            by.setdefault(a.intent, {}).setdefault(line)
    stood_in = _stands_in(by)
    intents.mkdir(parents=True, exist_ok=True)
    for label in sorted(by):
        text = _file(label, names[label], list(by[label]), stood_in.get(label, ()), label.lower() in OUTSIDE)
        (intents / f"{names[label]}.yaml").write_text(text, encoding="utf-8")
    if kept:
        lines = [json.dumps({"text": a.text, "intent": "" if a.outside else names[a.intent]}, ensure_ascii=False) for a in kept]
        (folder / heldout.NAME).write_text("\n".join(lines) + "\n", encoding="utf-8")
    return sorted(names[label] for label in by)


def name_of(label: str) -> str:
    """Return the intent's name, which is its file's, for a label.

    >>> name_of("Card arrival?"), name_of("words")
    ('card_arrival', 'words_')
    """
    name = re.sub(r"[^a-z0-9]+", "_", label.lower()).strip("_") or "intent"
    # A file of these names holds something else; a system intent's name would silence it.
    taken = {"words", "properties", *(i.name for i in _base().intents.values() if i.act == "system")}
    return name + "_" if name in taken else name


def _names(labels: Sequence[str]) -> dict[str, str]:
    names: dict[str, str] = {}
    problems = []
    for label in sorted(set(labels)):
        name = name_of(label)
        other = next((k for k, v in names.items() if v == name), None)
        if other is not None:
            problems.append(Problem("labels", 0, 0, f"'{label}' and '{other}' would both be the intent '{name}'", "duplicate-id"))
        names[label] = name
    if problems:
        raise ContentError(problems)
    return names


@lru_cache(maxsize=1)
def _base() -> content_.Content:
    return content_.load([])


def _stands_in(by: dict[str, dict[str, None]]) -> dict[str, list[str]]:
    """Return label -> the base's small talk ("thanks", "goodbye") that it stands in for: the one it shares most lines with,
    or its namesake."""
    base = _base().intents
    written = {_plain(line): label for label, lines in by.items() for line in lines}
    found: dict[str, list[str]] = {}
    for name, intent in base.items():
        if intent.act == "system":
            continue
        said = {_plain(s) for line in intent.examples for s in pattern.expand(line.text, 500)}
        shared = Counter(written[s] for s in sorted(said & written.keys()))
        namesake = [label for label in by if name_of(label) == name]
        for label in namesake or [label for label, n in shared.most_common(1) if n >= SHARED]:
            found.setdefault(label, []).append(name)
    return found


def _plain(line: str) -> str:
    return " ".join(t.word for t in tokenize(line))


def _file(label: str, name: str, lines: Sequence[str], stands_in: Sequence[str], outside: bool) -> str:
    shown = "".join(c if c.isprintable() else " " for c in label)  # YAML has no place for control characters
    readable = json.dumps(re.sub(r"[_\s]+", " ", shown).strip() or name, ensure_ascii=False)
    head = [f"question: {readable}"]
    if outside:
        head.append("act: none")
    if stands_in:
        head.append(f"replaces: [{', '.join(stands_in)}]")
    body = ["examples: |", *(f"  {line}" for line in lines)]
    answer = [] if outside else ["answers:", f"  - say: {readable}"]
    return "\n".join([*head, *body, *answer]) + "\n"
