"""Fit the weights of `bot.confidence` on labelled questions: python -m bot.authoring.fit LABELLED.jsonl... [--write] [--folds 5]

A line of a file is {"id", "turns": ["question"], "right": [key, ...]}; a key is "statement:ID" or "intent(slot=id,id; slot=id)",
and an empty list means that the bot should not answer. Files of questions, never examples: what the ranker has learned
by heart says nothing about strangers. Without --write it prints how the fit does on folds it has not seen.
"""

from __future__ import annotations

import argparse
import json
import math
import re
import zlib
from collections.abc import Sequence
from pathlib import Path

import msgspec
import numpy as np
from scipy.optimize import minimize
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from bot import confidence, dialogue, flow
from bot.api import Bot
from bot.choice import STATEMENT, Background, Choice, background
from bot.compiled import Compiled
from bot.types import Clause, Decision, Option, Reading, State
from bot.understand import Heard, hear, read

WEIGHTS = Path(__file__).parent.parent / "data" / "confidence.json"
# A question out of scope counts for several: there are few among the labelled, and answering one costs more than silence.
OUTSIDE_WEIGHT = 3.0
_KEY = re.compile(r"(\w+)\((.*)\)")


class Labelled(msgspec.Struct, frozen=True):
    """A question and the keys of every answer that is right; none where the bot should not answer."""

    id: str
    turns: tuple[str, ...]
    right: tuple[str, ...] = ()
    kind: str = ""


class Sample(msgspec.Struct, frozen=True):
    """One reading of one question: the model's inputs (none where a rule is sure by itself), and whether it is right.

    Readings of one `group` are of the same clause; of one `family` are wordings of the same question (n1-007, n1-007b).
    """

    question: int
    family: int
    group: int
    statement: bool
    inputs: dict[str, float]
    right: bool
    sure: float = 0.0
    weight: float = 1.0


def load(files: Sequence[Path]) -> list[Labelled]:
    """Return the labelled questions of the files; raises msgspec.ValidationError on a line of another shape."""
    lines = [line for file in files for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]
    return [msgspec.json.decode(line, type=Labelled) for line in lines]


def is_right(choice: Choice | Option | Decision, right: Sequence[str]) -> bool:
    """Whether a choice is one of the keys: the same statement, or the same intent about the same things."""
    ids = {i for _, values in choice.slots for i in values}
    for key in right:
        found = _KEY.fullmatch(key)
        if not found:
            if choice.intent == key:
                return True
            continue
        wanted = {i.strip() for part in found[2].split(";") if "=" in part for i in part.split("=", 1)[1].split(",")}
        loose = found[1] in ("list", "recommend") and bool(wanted & ids)
        if choice.intent == found[1] and (wanted <= ids or loose):
            return True
    return False


def samples(compiled: Compiled, questions: Sequence[Labelled]) -> list[Sample]:
    """Return every weighed reading of the clauses that ask, of each single-turn question."""
    found = []
    group = 0
    for number, question in enumerate(questions):
        weight = OUTSIDE_WEIGHT if question.kind == "oos" and not question.right else 1.0
        family = zlib.crc32(question.id.rstrip("abc").encode())
        heard = hear(question.turns[-1], compiled.look, compiled.settings.fuzzy)
        for clause, told in _asking(heard):
            group += 1
            reading = read(heard, clause, compiled.look)
            choices, _ = dialogue.choices(compiled, State(), heard, reading, told)
            weighed = [c for c in choices if c.evidence is not None]
            for choice in choices:
                if choice.missing or not _answers(compiled, heard, reading, choice, told):
                    continue
                rivals = [c.evidence for c in weighed if c is not choice and c.evidence]
                inputs = choice.evidence.inputs(rivals) if choice.evidence else {}
                statement = choice.intent.startswith(STATEMENT)
                found.append(
                    Sample(number, family, group, statement, inputs, is_right(choice, question.right), choice.confidence, weight)
                )
    return found


def _answers(compiled: Compiled, heard: Heard, reading: Reading, choice: Choice, background: Background) -> bool:
    """Whether the choice has an answer on record: the bot passes over one that has none."""
    decision = Decision("answer", choice.rule, choice.intent, choice.slots, confidence=choice.confidence)
    said = flow.say(compiled, State(), heard, reading, decision, (), background)
    return said is not None and said.status == "answered"


def _asking(heard: Heard) -> list[tuple[Clause, Background]]:
    asking = [c for c in heard.clauses if c.role in ("question", "claim")]
    if not asking or (len(heard.clauses) > 1 and len(heard.tokens) <= 70):
        asking.append(heard.whole)
    return [(c, background(heard, c)) for c in asking]


Weights = dict[str, dict[str, float]]


def fitted(found: Sequence[Sample]) -> dict[str, Weights]:
    """Return the weights that rank readings of a clause, and those that say how sure the first one is, per sort of reading."""
    weighed = [s for s in found if s.inputs]
    rank = _ranking(weighed)
    beside = _ahead(rank, weighed)
    sure = {name: _fit([(s, s.inputs | b) for s, b in zip(weighed, beside, strict=True) if _sort(s) == name]) for name in _SORTS}
    return {"rank": rank, "sure": sure}


_SORTS = ("statement", "intent")
# How strongly large ranking weights are held back, per reading right.
_HELD_BACK = 1e-3


def _sort(sample: Sample) -> str:
    return "statement" if sample.statement else "intent"


def _groups(found: Sequence[Sample]) -> list[list[int]]:
    groups: dict[int, list[int]] = {}
    for number, sample in enumerate(found):
        groups.setdefault(sample.group, []).append(number)
    return list(groups.values())


def _ranking(found: Sequence[Sample]) -> Weights:
    """Return weights under which the right reading of a clause comes out likeliest: a softmax over its readings."""
    names = sorted(found[0].inputs)
    width = len(names) + 1
    x = np.zeros((len(found), 2 * width))
    for row, s in enumerate(found):
        start = width * s.statement
        x[row, start : start + width] = [*(s.inputs[n] for n in names), 1.0]
    scale = np.maximum(x.std(axis=0), 1e-9)
    x /= scale
    right = np.array([s.right for s in found])
    groups = [np.array(g) for g in _groups(found) if right[g].any()]

    def loss(w: np.ndarray) -> tuple[float, np.ndarray]:
        z = x @ w
        total, slope = 0.0, np.zeros(len(found))
        for g in groups:
            odds = np.exp(z[g] - z[g].max())
            good = odds * right[g]
            total -= math.log(good.sum() / odds.sum())
            slope[g] = odds / odds.sum() - good / good.sum()
        held = _HELD_BACK * len(groups)
        return total + held * float(w @ w), x.T @ slope + 2 * held * w

    best = minimize(loss, np.zeros(2 * width), jac=True, method="L-BFGS-B", options={"maxiter": 300}).x / scale
    return {
        name: {n: round(float(w), 4) for n, w in zip([*names, "bias"], best[start : start + width], strict=True) if round(w, 4)}
        for name, start in (("intent", 0), ("statement", width))
    }


def _ahead(rank: Weights, found: Sequence[Sample]) -> list[dict[str, float]]:
    """Return what each reading's rank says of it beside the others of its clause."""
    result: list[dict[str, float]] = [{} for _ in found]
    for group in _groups(found):
        ranks = [confidence.weighed(rank[_sort(found[i])], found[i].inputs) for i in group]
        for n, i in enumerate(group):
            result[i] = confidence.ahead(ranks, n)
    return result


def _fit(found: Sequence[tuple[Sample, dict[str, float]]]) -> dict[str, float]:
    names = sorted(found[0][1])
    x = np.array([[inputs[n] for n in names] for _, inputs in found])
    scaler = StandardScaler().fit(x)
    model = LogisticRegression(C=0.3, max_iter=3000)
    model.fit(scaler.transform(x), [s.right for s, _ in found], sample_weight=[s.weight for s, _ in found])
    weights = model.coef_[0] / scaler.scale_
    bias = float(model.intercept_[0] - (weights * scaler.mean_).sum())
    return {"bias": round(bias, 4), **{n: round(float(w), 4) for n, w in zip(names, weights, strict=True) if w}}


def predicted(weights: dict[str, Weights], found: Sequence[Sample]) -> list[float]:
    """Return the probability that each reading is right, by weights not yet written."""
    weighed = [s for s in found if s.inputs]
    beside = iter(_ahead(weights["rank"], weighed))
    return [
        float(1.0 / (1.0 + np.exp(-confidence.weighed(weights["sure"][_sort(s)], s.inputs | next(beside)))))
        if s.inputs
        else s.sure
        for s in found
    ]


def held_out(found: Sequence[Sample], folds: int) -> list[float]:
    """Return each reading's probability by weights fitted without its question."""
    result = [0.0] * len(found)
    for fold in range(folds):
        mine = [i for i, s in enumerate(found) if s.family % folds == fold]
        weights = fitted([s for s in found if s.family % folds != fold])
        for i, p in zip(mine, predicted(weights, [found[i] for i in mine]), strict=True):
            result[i] = p
    return result


def report(questions: Sequence[Labelled], found: Sequence[Sample], sure: Sequence[float]) -> str:
    """Return right and wrong, in per cent of the questions, where the likeliest reading is answered above a threshold."""
    best: dict[int, tuple[float, bool]] = {}
    for s, p in zip(found, sure, strict=True):
        if s.question not in best or p > best[s.question][0]:
            best[s.question] = (p, s.right)
    n = len(questions)
    answerable = sum(bool(q.right) for q in questions)
    top = sum(right for q, (_, right) in best.items() if questions[q].right)
    lines = [f"{n} questions, {answerable} answerable; likeliest reading right for {100 * top / max(1, answerable):.1f} %"]
    for threshold in (0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6, 0.7, 0.8):
        told = [right for p, right in best.values() if p >= threshold]
        lines.append(
            f"answer from {threshold:.2f}: right {100 * sum(told) / n:5.1f} %, wrong {100 * (len(told) - sum(told)) / n:5.1f} %"
        )
    return "\n".join(lines)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; print the report, and write the weights where asked to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--write", action="store_true", help=f"write {WEIGHTS.name}")
    args = parser.parse_args(argv)
    questions = load(args.files)
    found = samples(Bot().compiled, questions)
    print(report(questions, found, held_out(found, args.folds)))
    if args.write:
        WEIGHTS.write_text(json.dumps(fitted(found), indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
