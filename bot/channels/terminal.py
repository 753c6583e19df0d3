"""Lay out replies and traces as text: prose wrapped, tables as aligned columns, or stacked where it is narrow."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Sequence
from itertools import groupby

from bot.types import Settings, Source, Step, Trace

# Below this a column of prose is a ladder of single words; the table is stacked instead. Characters.
_NARROWEST = 18
_WIDEST = 100  # longer lines are hard to read, however wide the terminal
_GAP = 2
_RULE = re.compile(r"[|:\s]*-[|:\s-]*")
# What further lines hang under: a bullet, a number, or a label set off by two spaces.
_HEAD = re.compile(r"- |• |\d+\. | *\S+ {2,}")


def lay_out(text: str, width: int) -> str:
    """Return a reply's text for a terminal of `width` characters.

    >>> print(lay_out("Two makers.\\n| | A | B |\\n|---|---|---|\\n| Maker | OpenAI | Google |", 40))
    Two makers.
    <BLANKLINE>
           A       B
    Maker  OpenAI  Google
    """
    width = max(20, min(width, _WIDEST))
    blocks: list[str] = []
    for is_table, lines in groupby(text.split("\n"), key=lambda line: line.startswith("|")):
        if is_table:
            rows = [_cells(line) for line in lines if not _RULE.fullmatch(line)]
            blocks.append("\n" + _table(rows, width) if rows else "")
        else:
            blocks.append("\n".join(_wrapped(line, width) for line in lines))
    return "\n".join(blocks)


def _wrapped(line: str, width: int) -> str:
    head = _HEAD.match(line)
    hang = " " * head.end() if head else ""
    # An address stays whole, or it can be neither clicked nor copied.
    breakable = "://" not in line
    return textwrap.fill(line, width, subsequent_indent=hang, break_long_words=breakable, break_on_hyphens=False)


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


def _table(rows: Sequence[Sequence[str]], width: int) -> str:
    """Return the rows as columns that fit the width, or stacked where a column would be too narrow."""
    count = max((len(row) for row in rows), default=0)
    full = [[*row, *[""] * (count - len(row))] for row in rows]
    widths = _widths(full, width)
    return _columns(full, widths) if widths else _stacked(full, width)


def _widths(rows: Sequence[Sequence[str]], width: int) -> list[int]:
    """Return the width of each column, or nothing where the table does not fit: short columns keep what they need."""
    need = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    left = width - _GAP * (len(need) - 1)
    widths = [0] * len(need)
    for place, column in sorted(enumerate(need), key=lambda item: item[1]):
        share = left // sum(w == 0 for w in widths)
        widths[place] = max(1, min(column, share))
        left -= widths[place]
    return [] if any(w < min(n, _NARROWEST) for w, n in zip(widths, need, strict=True)) else widths


def _columns(rows: Sequence[Sequence[str]], widths: Sequence[int]) -> str:
    lines: list[str] = []
    for row in rows:
        cells = [textwrap.wrap(cell, w) or [""] for cell, w in zip(row, widths, strict=True)]
        for i in range(max(len(cell) for cell in cells)):
            pieces = [(cell[i] if i < len(cell) else "").ljust(w) for cell, w in zip(cells, widths, strict=True)]
            lines.append((" " * _GAP).join(pieces).rstrip())
    return "\n".join(lines)


def _stacked(rows: Sequence[Sequence[str]], width: int) -> str:
    """Return one paragraph a row: its label, and below it each column's name with its cell."""
    head, *body = rows
    lines: list[str] = []
    for label, *cells in body:
        lines.append(label)
        named = [f"{name}: {cell}" for name, cell in zip(head[1:], cells, strict=True)]
        lines += [textwrap.fill(n, width, initial_indent="  ", subsequent_indent="    ") for n in named]
    return "\n".join(lines)


def source_lines(sources: Sequence[Source], width: int, most: int = 3) -> list[str]:
    """Return the sources as numbered lines, each cut to the width; beyond `most` only their number."""
    lines = [f"[{i}] {source.publisher}: {source.title}" for i, source in enumerate(sources[:most], 1)]
    if len(sources) > most:
        lines.append(f"… and {len(sources) - most} more (/sources)")
    return [line if len(line) <= width else line[: width - 1].rstrip() + "…" for line in lines]


def describe(trace: Trace, settings: Settings) -> str:
    """Return a trace as text: clauses, mentions, masked words, ranking, decision, facts, and the thresholds in force."""
    lines = [line for step in trace.steps for line in _step(step)]
    needs = f"{settings.answer:.2f} to answer, {settings.clarify:.2f} to offer a choice"
    lines.append(f"needs     confidence {needs}; coverage {settings.coverage:.2f}")
    lines.append(f"reply     {trace.reply.status}: {trace.reply.text}")
    return "\n".join(lines)


def _step(step: Step) -> Iterator[str]:
    """Yield the lines that tell of one clause."""
    reading, decision = step.reading, step.decision
    negative = ", negative" if reading.clause.negative else ""
    yield f"clause    {reading.clause.role}{negative}: {' '.join(reading.masked)}"
    for m in reading.mentions:
        unsure = "" if m.sure else ", everyday word"
        yield f"mention   {m.text or '(pointed at)'} -> {m.entity} ({m.score:.2f}{unsure})"
    if reading.tasks:
        yield f"tasks     {', '.join(reading.tasks)}"
    if reading.unknown_names:
        yield f"unknown   {len(reading.unknown_names)} name-like word(s)"
    yield f"coverage  {reading.coverage:.2f} of the words are known here"
    for c in step.ranking[:5]:
        yield f"ranked    {c.confidence:.3f} {c.intent}"
    for w in step.contributions[:8]:
        yield f"  word    {w.weight:+.3f} {w.feature}"
    slots = "; ".join(f"{name}={', '.join(ids)}" for name, ids in decision.slots)
    chosen = f"{decision.intent or '-'} {slots}".strip()
    yield f"decided   {decision.action} by rule '{decision.rule}': {chosen} ({decision.confidence:.3f})"
    yield f"facts     {', '.join(step.cited) or 'none'}"
