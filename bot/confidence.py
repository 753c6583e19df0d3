"""How sure to be of one way to read a question: a model over what speaks for it and against it.

Each content folder calibrates its own ranker and retrieval (`bot.train`); that alone does not see what a reading leaves
out: words no example has, names the answer is not about, another reading as likely. The weights of these, in
`data/confidence.json`, are fitted by `python -m bot.authoring.fit` on labelled questions by strangers (`tests/questions`),
none of them an example; they hold nothing about any subject.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path

import msgspec

_FILE = Path(__file__).parent / "data" / "confidence.json"
LONGEST = 10  # content words above which a longer question is not held to be longer
LIKELY = 0.08  # from here on another reading is a rival whose words count
_LEAST = 1e-4
# How far ahead of nothing a reading is that has no rival.
ALONE = 5.0


class Evidence(msgspec.Struct, frozen=True):
    """What speaks for and against one reading.

    `own` is the calibrated probability that the ranker or retrieval gives it (0 to 1). `score` and `sense` are its nearest
    authored line by words and by meaning (0 to 1; an intent's lines have no meanings). `left` is the share, by rarity, of
    the question's words that none of its lines has; `beside` counts names in the question it is not about, `about` is the
    share of what it is about that the question does not name, `elsewhere` counts slots filled from the back-story,
    `filled` those filled from the clause; `constraints` are what a choice of tools must meet (only where one is asked for);
    `none` is how likely the question is none of ours, `coverage` the known share of its words. `joint` is the answer's share
    where all are weighed against each other (`bot.joint`), `joint_rival` the greatest share of another, `joint_none` that
    of "none of ours". `guessed` says that the clause does not name what the answer is about, and `apt` how likely that is
    what it describes (`bot.described`).
    """

    statement: bool
    own: float
    score: float = 0.0
    sense: float = 0.0
    left: float = 0.0
    beside: int = 0
    about: float = 0.0
    elsewhere: int = 0
    filled: int = 0
    constraints: int = 0
    coverage: float = 1.0
    none: float = 0.0
    length: int = 0
    names: int = 0
    unknown: bool = False
    claim: bool = False
    recommends: bool = False
    joint: float = 0.0
    joint_rival: float = 0.0
    joint_none: float = 0.0
    guessed: bool = False
    apt: float = 0.0

    def inputs(self, rivals: Sequence[Evidence]) -> dict[str, float]:
        """Return the model's inputs by name, seen beside the other readings of the same clause."""
        rival = max((r.own for r in rivals), default=0.0)
        likely = [r.left for r in rivals if r.own >= LIKELY]
        return {
            "own": _logit(self.own),
            "lead": _logit(self.own) - _logit(max(rival, 0.0025)),
            "left_more": max(0.0, self.left - min(likely, default=self.left)),
            "score": self.score,
            "sense": self.sense,
            "left": self.left,
            "beside": float(self.beside),
            "about": self.about,
            "elsewhere": float(self.elsewhere),
            "filled": float(self.filled),
            "constraints": float(min(self.constraints, 2)),
            "coverage": self.coverage,
            "none": self.none,
            "length": float(min(self.length, LONGEST)),
            "names": float(self.names),
            "unknown": float(self.unknown),
            "claim": float(self.claim),
            "recommends": float(self.recommends),
            "for_nothing": float(self.recommends and not self.filled),
            "joint": _logit(self.joint),
            "joint_lead": _logit(self.joint) - _logit(self.joint_rival),
            "joint_none": self.joint_none,
            "guessed": float(self.guessed),
            "described": _logit(self.apt) if self.guessed else 0.0,
            "apt": 0.0 if self.guessed else self.apt,
        }


def confidences(readings: Sequence[Evidence]) -> list[float]:
    """Return the probability, 0 to 1, that each reading of a clause is right, given the others.

    First the readings are ranked among each other, then it is weighed how far ahead one is.
    """
    inputs = [e.inputs([r for r in readings if r is not e]) for e in readings]
    sorts = [_sort(e) for e in readings]
    ranks = [weighed(_weights()["rank"][sort], values) for sort, values in zip(sorts, inputs, strict=True)]
    return [
        1.0 / (1.0 + math.exp(-max(-30.0, min(30.0, weighed(_weights()["sure"][sort], values | ahead(ranks, n))))))
        for n, (sort, values) in enumerate(zip(sorts, inputs, strict=True))
    ]


def _sort(evidence: Evidence) -> str:
    return "statement" if evidence.statement else "intent"


def weighed(weights: Mapping[str, float], inputs: Mapping[str, float]) -> float:
    """Return the weighted sum of the inputs, bias included."""
    return weights.get("bias", 0.0) + sum(weights.get(name, 0.0) * value for name, value in inputs.items())


def ahead(ranks: Sequence[float], n: int) -> dict[str, float]:
    """Return what the n-th of the readings' ranks says of it beside the others."""
    best = max((r for k, r in enumerate(ranks) if k != n), default=ranks[n] - ALONE)
    total = sum(math.exp(r - ranks[n]) for r in ranks)
    return {"rank": ranks[n], "rank_lead": ranks[n] - best, "rank_share": 1.0 / total}


def _logit(p: float) -> float:
    p = min(max(p, _LEAST), 1.0 - _LEAST)
    return math.log(p / (1.0 - p))


@lru_cache(maxsize=1)
def _weights() -> dict[str, dict[str, dict[str, float]]]:
    table: dict[str, dict[str, dict[str, float]]] = json.loads(_FILE.read_text(encoding="utf-8"))
    return table
