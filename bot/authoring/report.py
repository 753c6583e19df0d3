"""Problems as text with the line shown, as JSON, or as annotations of a pull request."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from bot.errors import Problem

FORMATS = ("text", "json", "github")
LEVELS = ("error", "warning", "note")
_LONGEST = 160  # characters of an authored line that are shown


def printable(text: str) -> str:
    """Return the text without control and direction characters: a file's bytes must not drive the terminal."""
    return "".join(c if c.isprintable() else "\ufffd" for c in text)


def summary(problems: Sequence[Problem]) -> str:
    """Return how many problems there are of each severity; notes only where there are any."""
    counts = {level: sum(p.severity == level for p in problems) for level in LEVELS}
    notes = f", {counts['note']} note(s)" if counts["note"] else ""
    return f"{counts['error']} error(s), {counts['warning']} warning(s){notes}"


def as_text(problems: Sequence[Problem], paths: Mapping[str, Path]) -> Iterator[str]:
    """Yield each problem as `file:line:col: message [rule]`, below it the line it stands in with a mark."""
    rows: dict[str, list[str]] = {}
    for p in problems:
        yield printable(str(p))
        row = _row(p, paths, rows)
        if row.strip():
            # The mark keeps its place where the line is cut on the left.
            cut = max(0, p.col - 1 - _LONGEST // 2)
            shown = printable(row.replace("\t", " ")[cut : cut + _LONGEST])
            yield f"{p.line:>6} | {shown}"
            yield f"       | {' ' * min(p.col - 1 - cut, len(shown))}^"


def as_json(problems: Sequence[Problem], paths: Mapping[str, Path]) -> str:
    """Return the problems as a JSON list, each with its file's path and the line it stands in."""
    rows: dict[str, list[str]] = {}
    listed = [
        {
            "file": p.file,
            "path": _path(p, paths),
            "line": p.line,
            "col": p.col,
            "severity": p.severity,
            "rule": p.rule,
            "message": p.message,
            "shown": _row(p, paths, rows),
        }
        for p in problems
    ]
    return json.dumps(listed, ensure_ascii=False, indent=1)


def as_github(problems: Sequence[Problem], paths: Mapping[str, Path]) -> Iterator[str]:
    """Yield each problem as a workflow command, which GitHub shows beside the line in a pull request."""
    for p in problems:
        level = {"note": "notice"}.get(p.severity, p.severity)
        place = f"file={_property(_path(p, paths))},line={max(p.line, 1)},col={max(p.col, 1)},title={_property(p.rule)}"
        yield f"::{level} {place}::{_escaped(printable(p.message))}"


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _escaped(text).replace(":", "%3A").replace(",", "%2C")


def _path(p: Problem, paths: Mapping[str, Path]) -> str:
    """Return the file's path from where the command runs, with slashes; what the problem says where there is no file."""
    if p.file not in paths:
        return p.file
    try:
        return Path(os.path.relpath(paths[p.file])).as_posix()
    except ValueError:  # another drive
        return paths[p.file].as_posix()


def _row(p: Problem, paths: Mapping[str, Path], rows: dict[str, list[str]]) -> str:
    if p.file not in rows:
        path = paths.get(p.file)
        rows[p.file] = path.read_bytes().decode("utf-8", errors="replace").split("\n") if path else []
    return rows[p.file][p.line - 1].rstrip("\r") if 0 < p.line <= len(rows[p.file]) else ""
