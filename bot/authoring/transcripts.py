"""Conversation tests: transcripts in YAML, replayed; each turn says what the reply owes.

A turn is what the person types (`you`) and what the reply must satisfy: `status` (default: answered), `intent`, `about`
(things the talk is then about), `says` and `never` (regular expressions, case ignored), `compared` with the reply before
it (shorter, same). `a|b` allows either. With `alone: yes` every turn is asked afresh instead of in one conversation.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import msgspec

from bot import yamlfile
from bot.api import Bot, Session
from bot.errors import ContentError, Problem
from bot.schema import YES, nearest
from bot.types import Reply, Trace
from bot.yamlfile import Node

KEYS = ("who", "alone", "talk")
OWED = ("you", "status", "intent", "about", "says", "never", "compared")
COMPARED = ("shorter", "same")


class Turn(msgspec.Struct, frozen=True):
    """One thing typed and what its reply owes; `line` counts from 1, `last` is the turn's last line."""

    you: str
    line: int
    last: int
    owed: dict[str, tuple[str, ...]]
    keys: dict[str, tuple[int, int]]


class Transcript(msgspec.Struct, frozen=True):
    """A file of turns; `alone` where each is asked by itself."""

    path: Path
    who: str
    alone: bool
    turns: tuple[Turn, ...]


class Unmet(msgspec.Struct, frozen=True):
    """One turn whose reply owes something still: what, and the reply."""

    turn: Turn
    what: tuple[str, ...]
    reply: Reply


class Replay(msgspec.Struct, frozen=True):
    """A transcript played to a bot: one trace a turn (in order), the state's focus after it, and what is unmet."""

    transcript: Transcript
    traces: tuple[Trace, ...]
    unmet: tuple[Unmet, ...]


def files(paths: Sequence[Path], folders: Sequence[Path]) -> list[Path]:
    """Return the transcripts named (files, or folders of them), or else those in `conversations/` beside the content."""
    places = paths or [f / c for f in folders for c in ("conversations", "tests/conversations")]
    found = [p for place in places for p in (sorted(place.rglob("*.yaml")) if place.is_dir() else [place])]
    return [p for p in found if paths or p.is_file()]


def read(path: Path) -> Transcript:
    """Return the transcript in a file; raise ContentError with every mistake in it."""
    problems: list[Problem] = []
    root = yamlfile.read(path, path.as_posix(), problems)
    found = _transcript(root, path, problems) if root is not None else None
    if problems or found is None:
        raise ContentError(problems)
    return found


def _transcript(root: Node, path: Path, problems: list[Problem]) -> Transcript | None:
    top = dict(root.items())
    _known(root, KEYS, path, "a transcript", problems)
    talk = top.get("talk")
    if talk is None or not isinstance(talk.value, list):
        at = talk or root
        problems.append(Problem(path.as_posix(), at.line, at.col, "needs 'talk', a list of turns (`- you: …`)", "missing-key"))
        return None
    count = len(path.read_text(encoding="utf-8").splitlines())
    ends = [node.line - 1 for node in talk.value[1:]] + [count]
    turns = [_turn(node, end, path, problems) for node, end in zip(talk.value, ends, strict=True)]
    alone = top.get("alone")
    return Transcript(path, _text(top.get("who")), YES.get(_text(alone).lower(), False), tuple(turns))


def _turn(node: Node, end: int, path: Path, problems: list[Problem]) -> Turn:
    _known(node, OWED, path, "a turn", problems)
    owed = {key: _values(value) for key, value in node.items() if key != "you"}
    you = dict(node.items()).get("you")
    if you is None or not isinstance(you.value, str):
        problems.append(Problem(path.as_posix(), node.line, node.col, "a turn needs 'you', what is typed", "missing-key"))
    for key, value in node.items():
        at = (path.as_posix(), value.line, value.col)
        for text in _values(value) if key in ("says", "never") else ():
            try:
                re.compile(text)
            except re.error as error:
                problems.append(Problem(*at, f"no regular expression: {error}; write \\ before . ( ) ? + *", "regex"))
        for how in _values(value) if key == "compared" else ():
            if how not in COMPARED:
                problems.append(Problem(*at, f"'{how[:40]}' must be one of {', '.join(COMPARED)}", "unknown-choice"))
    return Turn(_text(you), node.line, end, owed, dict(node.keys))


def _known(node: Node, keys: Sequence[str], path: Path, what: str, problems: list[Problem]) -> None:
    for key, (line, col) in node.keys.items():
        if key not in keys:
            problems.append(
                Problem(path.as_posix(), line, col, f"'{key}' is no key of {what}{nearest(key, keys)}", "unknown-key")
            )


def _text(node: Node | None) -> str:
    return node.value if node is not None and isinstance(node.value, str) else ""


def _values(node: Node) -> tuple[str, ...]:
    return tuple(_text(n) for n in node.value) if isinstance(node.value, list) else (_text(node),)


# ------------------------------------------------------------------------------------------------ replaying


def replay(bot: Bot, transcript: Transcript) -> Replay:
    """Return what the bot says to a transcript, and what it owes still."""
    chat, said = bot.session(), ""
    traces, unmet = [], []
    for turn in transcript.turns:
        if transcript.alone:
            chat, said = bot.session(), ""
        reply = chat.ask(turn.you)
        what = owing(turn, reply, chat, said)
        if what:
            unmet.append(Unmet(turn, tuple(what), reply))
        assert chat.last is not None
        traces.append(chat.last)
        said = reply.text
    return Replay(transcript, tuple(traces), tuple(unmet))


def owing(turn: Turn, reply: Reply, chat: Session, said: str) -> list[str]:
    """Return what a reply still owes to its turn, in words; `said` is the reply before it."""
    owed = turn.owed
    found = []
    if reply.status not in owed.get("status", ("answered",))[0].split("|"):
        found.append(f"the status is {reply.status}")
    if "intent" in owed and not {reply.intent, reply.intent.partition(":")[0]} & set(owed["intent"][0].split("|")):
        found.append(f"the intent is {reply.intent}")
    focus = chat.state.get("focus", ())
    found += [f"the talk is not about {id}" for id in owed.get("about", ()) if id not in focus]
    found += [f"it does not say {p!r}" for p in owed.get("says", ()) if not re.search(p, reply.text, re.IGNORECASE)]
    found += [f"it says {p!r}" for p in owed.get("never", ()) if re.search(p, reply.text, re.IGNORECASE)]
    compared = {"shorter": len(reply.text) < len(said), "same": reply.text == said}
    return found + [f"it is not {how} than before" for how in owed.get("compared", ()) if not compared[how]]


# ------------------------------------------------------------------------------------------------ updating


def updated(replay: Replay) -> str:
    """Return the transcript's text with what is unmet rewritten to what the bot does now; all else as it was.

    Status and intent become the reply's; expectations in `about`, `says`, `never` and `compared` that fail are taken out.
    """
    lines = replay.transcript.path.read_text(encoding="utf-8").split("\n")
    by_line = {u.turn.line: u for u in replay.unmet}
    for turn, trace in reversed(list(zip(replay.transcript.turns, replay.traces, strict=True))):
        if turn.line in by_line:
            _rewrite(lines, turn, trace, by_line[turn.line].what)
    return "\n".join(lines)


def _rewrite(lines: list[str], turn: Turn, trace: Trace, what: Sequence[str]) -> None:
    changes: dict[str, str | None] = {}
    for key, now in (("status", trace.reply.status), ("intent", trace.reply.intent)):
        if any(w.startswith(f"the {key} is") for w in what):
            changes[key] = now
    for key in ("about", "says", "never", "compared"):
        values = turn.owed.get(key, ())
        kept = [v for v in values if not any(w.endswith((f" {v!r}", f" about {v}", f"not {v} than before")) for w in what)]
        if len(kept) < len(values):
            changes[key] = "[" + ", ".join(yamlfile.scalar(v) for v in kept) + "]" if kept else None
    starts = sorted(line for line, _ in turn.keys.values())
    for key, value in sorted(changes.items(), key=lambda c: -turn.keys.get(c[0], (0, 0))[0]):
        if key in turn.keys:
            line, col = turn.keys[key]
            end = next((s - 1 for s in starts if s > line), _end(lines, line, turn.last, col))
            lines[line - 1 : end] = [] if value is None else [f"{lines[line - 1][: col - 1]}{key}: {value}"]
        elif value is not None:
            line, col = turn.keys["you"]
            at = next((s - 1 for s in starts if s > line), _end(lines, line, turn.last, col))
            lines.insert(at, f"{' ' * (col - 1)}{key}: {value}")


def _end(lines: Sequence[str], line: int, last: int, col: int) -> int:
    """Return the last line of the value that begins on a line: lines further in belong to it."""
    end = line
    for number in range(line + 1, last + 1):
        row = lines[number - 1]
        if row.strip() and len(row) - len(row.lstrip()) < col:
            break
        if row.strip():
            end = number
    return end
