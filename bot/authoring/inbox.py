"""From logged questions to authored lines: alike questions in groups, an author's decision on each, edits that only add."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import msgspec

from bot import content as content_
from bot import yamlfile
from bot.api import Bot
from bot.authoring import edits, files, impact, transcripts
from bot.authoring.clusters import MOST, clusters
from bot.authoring.impact import Change
from bot.authoring.journal import REASONS, Entry
from bot.authoring.workspace import STATEMENT
from bot.errors import ContentError, Problem
from bot.schema import nearest
from bot.text import tokenize
from bot.types import Intent, Trace
from bot.understand import hear
from bot.yamlfile import Node

DROP, LATER = "drop", "later"
_GRAMMAR = str.maketrans(dict.fromkeys("()[]{}|<>", " "))
_SLOT = re.compile(r"\{\w+\}")
_NEAR = 3  # intents named beside a group


class Group(msgspec.Struct, frozen=True):
    """Questions worded alike: distinct texts (most asked first), how often and why they came, the nearest intents."""

    texts: tuple[str, ...]
    count: int
    reasons: tuple[tuple[str, int], ...]
    near: tuple[tuple[str, float], ...]

    def describe(self) -> str:
        """Return counts, reasons and nearest intents in a line."""
        why = ", ".join(f"{n} {REASONS[r]}" for r, n in self.reasons)
        near = ", ".join(f"{name} {c:.2f}" for name, c in self.near) or "nothing"
        return f"{len(self.texts)} question(s), asked {self.count} times: {why}. Nearest: {near}"


class Decision(msgspec.Struct, frozen=True):
    """What becomes of some questions: `accept` is an intent, `statement:ID`, drop or later; `place` is file:line."""

    texts: tuple[str, ...]
    accept: str
    file: str = ""
    line: int = 0
    col: int = 0


class Plan(msgspec.Struct, frozen=True):
    """What decisions come to: new texts of files, what is settled, what misses its intent still, and what else changes."""

    edits: tuple[tuple[Path, str], ...]
    settled: frozenset[str]
    lines: int
    missed: tuple[str, ...]
    changes: tuple[Change, ...]


def groups(bot: Bot, entries: Sequence[Entry]) -> list[Group]:
    """Return the logged questions in groups, the most asked first."""
    count = Counter(e.text for e in entries)
    texts = [text for text, _ in count.most_common(MOST)]
    traces = [bot.explain(text) for text in texts]
    found = []
    for members in clusters([_worded(t) for t in traces]):
        own = {texts[i] for i in members}
        why = Counter(e.why for e in entries if e.text in own)
        near = _near(bot, [traces[i] for i in members])
        total = sum(count[text] for text in own)
        found.append(Group(tuple(texts[i] for i in members), total, tuple(why.most_common()), near))
    return sorted(found, key=lambda g: (-g.count, g.texts))


def _worded(trace: Trace) -> str:
    """Return the words that make the question what it is: names masked."""
    return " ".join(w for s in trace.steps for w in s.reading.masked) or trace.text.lower()


def _near(bot: Bot, traces: Sequence[Trace]) -> tuple[tuple[str, float], ...]:
    sums: Counter[str] = Counter()
    for trace in traces:
        for candidate in trace.steps[0].ranking if trace.steps else ():
            if _editable(bot, candidate.intent):
                sums[candidate.intent] += candidate.confidence / len(traces)  # type: ignore[assignment]
    return tuple((name, round(share, 2)) for name, share in sums.most_common(_NEAR) if share >= 0.005)


def _editable(bot: Bot, name: str) -> bool:
    content = bot.compiled.content
    if name.startswith(STATEMENT):
        return name.removeprefix(STATEMENT) in content.statements
    return name in content.intents and not content.intents[name].place.startswith("base/")


# ------------------------------------------------------------------------------------------------ decisions


def write_decisions(found: Sequence[Group]) -> str:
    """Return the groups as a file of decisions to fill in."""
    rows = ["# accept: an intent, statement:ID, drop (not for this bot), or later."]
    for group in found:
        rows += [f"# {group.describe()}", f"- accept: {LATER}", "  questions:"]
        rows += [f"  - {yamlfile.scalar(text)}" for text in group.texts]
    return "\n".join(rows) + "\n"


def read_decisions(path: Path, bot: Bot) -> list[Decision]:
    """Return the decisions in a file; raise ContentError with every mistake."""
    problems: list[Problem] = []
    root = yamlfile.read(path, path.as_posix(), problems)
    items = root.value if root is not None and isinstance(root.value, list) else []
    if root is not None and not items:
        problems.append(
            Problem(path.as_posix(), root.line, root.col, "must be a list of decisions (`- accept: …`)", "wrong-type")
        )
    found = [_decision(node, path.as_posix(), problems) for node in items]
    problems += [p for d in found for p in unfit(d, bot)]
    if problems:
        raise ContentError(problems)
    return found


def _decision(node: Node, file: str, problems: list[Problem]) -> Decision:
    fields = dict(node.items())
    for key, (line, col) in node.keys.items():
        if key not in ("accept", "questions"):
            message = f"'{key}' is no key of a decision{nearest(key, ('accept', 'questions'))}"
            problems.append(Problem(file, line, col, message, "unknown-key"))
    accept, asked = fields.get("accept"), fields.get("questions")
    if accept is None or not isinstance(accept.value, str) or asked is None or not isinstance(asked.value, list):
        problems.append(Problem(file, node.line, node.col, "needs 'accept' and 'questions', a list", "missing-key"))
        return Decision((), LATER, file, node.line, node.col)
    texts = tuple(n.value for n in asked.value if isinstance(n.value, str))
    return Decision(texts, accept.value, file, accept.line, accept.col)


def unfit(decision: Decision, bot: Bot) -> list[Problem]:
    """Return why a decision cannot be carried out; nothing where it can."""
    name = decision.accept
    if name in (DROP, LATER) or _editable(bot, name):
        return []
    content = bot.compiled.content
    at = (decision.file or "decision", decision.line, decision.col)
    if name in content.intents:
        message = f"'{name}' belongs to the base, which is not yours to edit; write an intent with `replaces: yes`"
        return [Problem(*at, message, "base-intent")]
    known = [*content.intents, *(STATEMENT + id for id in content.statements), DROP, LATER]
    return [Problem(*at, f"no intent '{name[:60]}'{nearest(name, known)}", "unknown-intent")]


# ------------------------------------------------------------------------------------------------ from decisions to edits


def plan(bot: Bot, decisions: Sequence[Decision], cache: Path | None) -> Plan:
    """Return what the decisions come to, tried on a copy of the content: nothing is written.

    Raises ContentError where the content would not hold. Building the copy takes as long as any build.
    """
    accepted: dict[str, list[str]] = {}
    settled: set[str] = set()
    for decision in decisions:
        if decision.accept != LATER:
            settled.update(decision.texts)
        if decision.accept not in (DROP, LATER):
            accepted.setdefault(decision.accept, []).extend(decision.texts)
    if not accepted:
        return Plan((), frozenset(settled), 0, (), ())
    texts: dict[Path, str] = {}
    lines = sum(_add_lines(bot, name, asked, texts) for name, asked in accepted.items())
    with tempfile.TemporaryDirectory() as folder:
        copies = _copies(bot.folders, Path(folder), texts)
        new = Bot(*copies, cache=cache)
        missed = _add_tests(bot, new, accepted, texts)
        talks = [transcripts.read(p) for p in transcripts.files([], bot.folders)]
        found = impact.changes(bot, new, talks, ())
    return Plan(tuple(sorted(texts.items())), frozenset(settled - set(missed)), lines, tuple(missed), tuple(found))


def carry_out(plan: Plan) -> None:
    """Write the files of a plan, each all or nothing; to carry it out again changes nothing more."""
    for path, text in plan.edits:
        files.replace(path, text)


def _add_lines(bot: Bot, name: str, asked: Sequence[str], texts: dict[Path, str]) -> int:
    """Add a line for each question that has none yet to the text of the file it belongs in; return how many."""
    content = bot.compiled.content
    paths = {shown: path for path, shown in content_.files(bot.folders)}
    if name.startswith(STATEMENT):
        id = name.removeprefix(STATEMENT)
        shown, slots = content.statements[id].place.rpartition(":")[0], None
        keys: tuple[str, ...] = (id, "asks")
    else:
        shown, slots = content.intents[name].place.rpartition(":")[0], content.intents[name]
        keys = ("examples",)
    path = paths[shown]
    lines = edits.lines_of(path, shown, keys)
    there = {_bare(bot, _SLOT.sub(" ", line)) for line in lines}
    # The best of each wording wins: more names as slots, then shorter ("please" and "hey" tell no lines apart).
    drafts = sorted((line_of(bot, text, slots) for text in asked), key=lambda d: (d[0].count("{"), -len(d[0]), d[0]))
    wanted = {_bare(bot, frame): line for line, frame in drafts if line}
    new = sorted(line for bare, line in wanted.items() if bare not in there and line not in lines)
    if new:
        texts[path] = _with(texts.get(path, files.text_of(path)), path, shown, keys, new)
    return len(new)


def _with(text: str, path: Path, shown: str, keys: Sequence[str], new: Sequence[str]) -> str:
    """Add lines to a text that may have been added to already, further up or down, by another decision."""
    if text == files.text_of(path):
        return edits.with_lines(text, shown, keys, new, path)
    with tempfile.TemporaryDirectory() as folder:
        draft = Path(folder) / path.name
        files.replace(draft, text)
        return edits.with_lines(text, shown, keys, new, draft)


def line_of(bot: Bot, text: str, intent: Intent | None) -> tuple[str, str]:
    """Return a question as an authored line, and the same without any names.

    Names that fit the intent's slots become slots; grammar is left out.
    """
    heard = hear(text, bot.compiled.look, bot.compiled.settings.fuzzy)
    free = [s for s in intent.slots if not s.many and s.kinds != ("task",)] if intent else []
    line, frame, at = "", "", 0
    for mention in heard.mentions:
        start, end = heard.tokens[mention.start].start, heard.tokens[mention.end - 1].end
        slot = next((s for s in free if bot.compiled.look.kinds[mention.entity] in s.kinds), None)
        before = _plain(heard.text[at:start])
        if slot is not None:
            free.remove(slot)
        line += before + ("{" + slot.name + "}" if slot is not None else _plain(heard.text[start:end]))
        frame += before + " "
        at = end
    return _tidy(line + _plain(heard.text[at:])), _tidy(frame + _plain(heard.text[at:]))


def _tidy(line: str) -> str:
    return re.sub(r"\s*[?!.,;:]+$", "", " ".join(line.split())).lstrip("#- ")


def _bare(bot: Bot, line: str) -> tuple[str, ...]:
    """Return the words of a line without fillers: what tells it from another line."""
    words = [t.word for t in tokenize(line, bot.compiled.look.lexicon)]
    return tuple(w for w in words if w not in bot.compiled.look.lexicon.fillers)


def _plain(text: str) -> str:
    return text.translate(_GRAMMAR).lower()


def _copies(folders: Sequence[Path], to: Path, texts: Mapping[Path, str]) -> list[Path]:
    """Return copies of the content folders, of the same names, with the new texts in them."""
    found = []
    for number, folder in enumerate(folders):
        copy = to / str(number) / folder.resolve().name
        for part in ("intents", "knowledge"):
            if (folder / part).is_dir():
                shutil.copytree(folder / part, copy / part)
        for path, text in texts.items():
            if path.is_relative_to(folder):
                files.replace(copy / path.relative_to(folder), text)
        found.append(copy)
    return found


def _add_tests(bot: Bot, new: Bot, accepted: Mapping[str, Iterable[str]], texts: dict[Path, str]) -> list[str]:
    """Add a turn for each question the new build understands as decided; return the questions it does not."""
    missed = []
    for name, asked in accepted.items():
        path = _home(bot, name) / "conversations" / f"inbox-{name.replace(STATEMENT, 'statement-')}.yaml"
        before = files.text_of(path)
        known = {t.you for t in transcripts.read(path).turns} if before else set()
        rows = []
        for text in dict.fromkeys(asked):
            reply = new.ask(text)
            if reply.intent != name or reply.status == "abstain":
                missed.append(text)
            elif text not in known:
                rows += [f"  - you: {yamlfile.scalar(text)}", f"    intent: {yamlfile.scalar(name)}"]
                rows += [f"    status: {reply.status}"] * (reply.status != "answered")
        if rows:
            head = before or f"who: People whose questions were accepted as {name} from the inbox.\nalone: yes\ntalk:\n"
            texts[path] = head + ("" if head.endswith("\n") else "\n") + "\n".join(rows) + "\n"
    return missed


def _home(bot: Bot, name: str) -> Path:
    """Return the content folder that the intent or statement stands in."""
    content = bot.compiled.content
    record = content.statements[name.removeprefix(STATEMENT)] if name.startswith(STATEMENT) else content.intents[name]
    shown = record.place.rpartition(":")[0]
    path = next(p for p, s in content_.files(bot.folders) if s == shown)
    return next(f for f in bot.folders if path.is_relative_to(f))


def decision_of(group: Group, typed: str) -> Decision:
    """Return what is typed for a group: a number of its nearest intents, a name, d (drop), nothing (later)."""
    if typed.isdecimal() and 1 <= int(typed) <= len(group.near):
        typed = group.near[int(typed) - 1][0]
    return Decision(group.texts, {"": LATER, "d": DROP}.get(typed, typed))
