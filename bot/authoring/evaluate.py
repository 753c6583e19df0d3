"""Measure the deployed decision on labelled questions: what the bot does with each, not what ranks first inside it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec

from bot import heldout, risk
from bot.api import Bot
from bot.authoring.importer import Asked


class Outcome(msgspec.Struct, frozen=True):
    """What became of one question: `status` as in a reply, `best` the likeliest intent whatever was done, `sure` its
    confidence (0 to 1). `intent` is the true one, "" for a question that is none of the content's."""

    text: str
    intent: str
    status: str
    best: str
    sure: float

    @property
    def right(self) -> bool:
        """Whether it was answered, and as the intent it is."""
        return self.status == "answered" and self.best == self.intent


class Line(msgspec.Struct, frozen=True):
    """One intent's figures, shares 0 to 1; answers only."""

    intent: str
    questions: int
    precision: float
    recall: float
    f1: float


class Confusion(msgspec.Struct, frozen=True):
    """Two intents that are mixed up, how often, and questions it happened to."""

    intent: str
    taken_for: str
    count: int
    examples: tuple[str, ...]


class Result(msgspec.Struct, frozen=True):
    """All figures of an evaluation; shares 0 to 1, None where nothing was there to count.

    `accuracy` is the share of the content's own questions answered as the right intent; `forced` what it would be if the
    likeliest intent were always answered. `asked` and `silent` are shares of own questions, `refused` the share of foreign
    ones that were not answered, `listed` how often the list of a question back held the true intent.
    """

    questions: int
    foreign: int
    accuracy: float | None
    forced: float | None
    macro_f1: float | None
    wrong: float | None
    asked: float | None
    silent: float | None
    refused: float | None
    auroc: float | None
    fpr95: float | None
    ece: float | None
    claim: str
    intents: tuple[Line, ...]
    confusions: tuple[Confusion, ...]
    reliability: tuple[tuple[float, int, float, float], ...]
    curve: tuple[tuple[float, float], ...]
    outcomes: tuple[Outcome, ...]


def ask(bot: Bot, asked: Sequence[Asked]) -> list[Outcome]:
    """Return what the bot does with each question, asked alone."""
    found = []
    for a in asked:
        trace = bot.explain(a.text)
        step = trace.steps[0]
        decided = step.decision.intent
        ranked = next((c for c in step.ranking if c.intent != "none"), None)
        best = decided if trace.reply.status == "answered" or ranked is None else ranked.intent
        sure = _sure(bot, a.text, trace.reply.confidence)
        found.append(Outcome(a.text, "" if a.outside else a.intent, trace.reply.status, best, sure))
    return found


def _sure(bot: Bot, text: str, answered: float) -> float:
    """Return the probability behind the decision; an abstaining reply reports none."""
    from bot import labels
    from bot.understand import hear

    compiled = bot.compiled
    if compiled.labels is None:
        return answered
    words = hear(text, compiled.look, compiled.settings.fuzzy).words
    return labels.decide(compiled.labels, compiled.ranker, compiled.look, words).sure if words else 0.0


def result(outcomes: Sequence[Outcome], claim: str = "") -> Result:
    """Return the figures of the outcomes."""
    own = [o for o in outcomes if o.intent]
    foreign = [o for o in outcomes if not o.intent]
    lines = _intents(outcomes)
    sure, right = [o.sure for o in outcomes], [bool(o.intent) and o.best == o.intent for o in outcomes]
    both = bool(own) and bool(foreign)
    mine, theirs = [o.sure for o in own], [o.sure for o in foreign]
    return Result(
        questions=len(outcomes),
        foreign=len(foreign),
        accuracy=_share(o.right for o in own),
        forced=_share(o.best == o.intent for o in own),
        macro_f1=sum(line.f1 for line in lines) / len(lines) if lines else None,
        wrong=_share(not o.right for o in outcomes if o.status == "answered"),
        asked=_share(o.status == "clarify" for o in own),
        silent=_share(o.status == "abstain" for o in own),
        refused=_share(o.status != "answered" for o in foreign),
        auroc=risk.roc_area(mine, theirs) if both else None,
        fpr95=risk.false_positives(mine, theirs) if both else None,
        ece=risk.calibration_error(sure, right) if outcomes else None,
        claim=claim,
        intents=lines,
        confusions=_confusions(outcomes),
        reliability=tuple(risk.reliability(sure, right, 10)),
        curve=_curve(sure, right),
        outcomes=tuple(outcomes),
    )


def _share(values: Any) -> float | None:
    counted = [bool(v) for v in values]
    return sum(counted) / len(counted) if counted else None


def _intents(outcomes: Sequence[Outcome]) -> tuple[Line, ...]:
    asked = Counter(o.intent for o in outcomes if o.intent)
    answered = Counter(o.best for o in outcomes if o.status == "answered")
    hits = Counter(o.intent for o in outcomes if o.right)
    lines = []
    for name in sorted(asked):
        precision = hits[name] / answered[name] if answered[name] else 0.0
        recall = hits[name] / asked[name]
        f1 = 2 * precision * recall / (precision + recall) if hits[name] else 0.0
        lines.append(Line(name, asked[name], precision, recall, f1))
    return tuple(lines)


def _confusions(outcomes: Sequence[Outcome], most: int = 20, examples: int = 3) -> tuple[Confusion, ...]:
    found: dict[tuple[str, str], list[str]] = defaultdict(list)
    for o in outcomes:
        if o.status == "answered" and not o.right:
            found[o.intent or "(none of these)", o.best].append(o.text)
    worst = sorted(found.items(), key=lambda item: (-len(item[1]), item[0]))[:most]
    return tuple(Confusion(a, b, len(texts), tuple(texts[:examples])) for (a, b), texts in worst)


def _curve(sure: Sequence[float], right: Sequence[bool], points: int = 100) -> tuple[tuple[float, float], ...]:
    """Return (share answered, share of answers wrong), the surest questions first."""
    order = sorted(range(len(sure)), key=lambda i: -sure[i])
    wrong, rows = 0, []
    step = max(1, len(order) // points)
    for n, i in enumerate(order, 1):
        wrong += not right[i]
        if n % step == 0 or n == len(order):
            rows.append((n / len(order), wrong / n))
    return tuple(rows)


# ------------------------------------------------------------------------------------------------ without a file of questions


def folds(folder: Path, count: int, work: Path, make: Callable[[Path], Bot]) -> list[Outcome]:
    """Return the outcomes of every authored line, each asked of a bot compiled without it.

    `folder` holds intents without slots; `work` is a folder for the parts. `make` compiles a bot.
    """
    from bot.authoring import importer

    asked = lines_of(folder)
    found: list[Outcome] = []
    for part in range(count):
        here = work / f"part{part}"
        rest = [a for i, a in enumerate(asked) if i % count != part]
        importer.write(rest, here)
        found += ask(make(here), [a for i, a in enumerate(asked) if i % count == part])
    return found


def lines_of(folder: Path) -> list[Asked]:
    """Return the example lines of a folder's own intents, by intent in turn, so that folds share them evenly."""
    from bot import content as content_
    from bot import pattern
    from bot.errors import ContentError, Problem

    content = content_.load([folder])
    if not content_.labels_only(content):
        message = "has slots or knowledge: an example line is no question yet; give --held-out FILE"
        raise ContentError([Problem(str(folder), 0, 0, message, "not-labels")])
    found = []
    for intent in content.intents.values():
        if not intent.place.startswith("base/"):
            name = "none" if intent.act == "none" else intent.name
            found += [Asked(pattern.expand(line.text, 1)[0], name) for line in intent.examples]
    return found


def held_out(folders: Sequence[Path]) -> list[Asked]:
    """Return the folders' own held-out questions."""
    return [Asked(h.text, h.intent or "none") for h in heldout.read(folders)]
