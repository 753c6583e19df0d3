"""Score a masked utterance against the intents: hashed TF-IDF features times int8 weights, arithmetic only.

Trained in `bot.train`; scoring needs neither scikit-learn nor numpy. Features are hashed into ROWS rows
(Weinberger et al. 2009, "Feature hashing"), so the artefact's size does not depend on the vocabulary.
"""

from __future__ import annotations

import math
import sys
import zlib
from collections.abc import Mapping, Sequence
from functools import cached_property

import msgspec

from bot.types import Candidate, Contribution

ROWS = 1 << 15


def row_of(feature: str) -> int:
    """Return the row a feature is hashed to, 0 to ROWS - 1."""
    return zlib.crc32(feature.encode()) & (ROWS - 1)


class Ranker(msgspec.Struct, frozen=True, dict=True):
    """A linear one-vs-rest ranker. `weights` is ROWS x len(intents) int8, row-major; a weight is value * scale[row]."""

    intents: tuple[str, ...]
    weights: bytes
    scales: bytes
    idf: bytes
    bias: tuple[float, ...]
    temperature: float
    senses: bytes = b""
    sense_scales: bytes = b""
    exact: dict[str, int] = {}
    calibration: tuple[float, ...] = (0.0,)

    @cached_property
    def _tables(self) -> tuple[memoryview[int], memoryview[float], memoryview[float]]:
        return memoryview(self.weights).cast("b"), memoryview(self.scales).cast("f"), memoryview(self.idf).cast("f")

    def weighted(self, features: Mapping[str, float]) -> dict[str, tuple[int, float]]:
        """Return feature -> (row, tf-idf weight), L2-normalised; features never seen in training are left out."""
        _, _, idf = self._tables
        rows = {f: (row_of(f), v) for f, v in features.items()}
        found = {f: (r, (1.0 + math.log(v) if v > 1 else v) * idf[r]) for f, (r, v) in rows.items() if idf[r] > 0}
        norm = math.sqrt(sum(w * w for _, w in found.values())) or 1.0
        return {f: (r, w / norm) for f, (r, w) in found.items()}

    def scores(self, features: Mapping[str, float], meaning: bytes = b"") -> list[float]:
        """Return one raw score per intent, in the order of `intents`."""
        weights, scales, _ = self._tables
        rows = [(weights, row, value * scales[row]) for row, value in self.weighted(features).values()]
        if meaning and self.senses:
            senses, sense_scales = memoryview(self.senses).cast("b"), memoryview(self.sense_scales).cast("f")
            rows += [(senses, d, SENSE_INPUT * v / 127 * sense_scales[d]) for d, v in enumerate(memoryview(meaning).cast("b"))]
        return added(rows, self.bias)

    def rank(self, features: Mapping[str, float], meaning: bytes = b"", most: int = 8) -> tuple[Candidate, ...]:
        """Return the likeliest intents with confidences (softmax at the fitted temperature), best first."""
        scores = self.scores(features, meaning)
        top = max(scores)
        odds = [math.exp((s - top) * self.temperature) for s in scores]
        total = sum(odds)
        ranked = sorted(zip(odds, self.intents, strict=True), key=lambda pair: (-pair[0], pair[1]))
        return tuple(Candidate(name, odd / total) for odd, name in ranked[:most])

    def told(self, features: Mapping[str, float]) -> str:
        """Return the intent of which the masked sentence is, word for word, an authored one; "" where none is."""
        found = self.exact.get(fingerprint(features))
        return self.intents[found] if found is not None else ""

    def contributions(self, features: Mapping[str, float], intent: str) -> tuple[Contribution, ...]:
        """Return how much each feature added to the intent's raw score, largest first; with the bias they sum to it."""
        if intent not in self.intents:
            return ()
        weights, scales, _ = self._tables
        k, column = len(self.intents), self.intents.index(intent)
        parts = [
            Contribution(f, round(value * scales[row] * weights[row * k + column], 5))
            for f, (row, value) in self.weighted(features).items()
        ]
        return tuple(sorted(parts, key=lambda c: (-abs(c.weight), c.feature)))


# What a meaning counts beside the words when intents are ranked.
SENSE_INPUT = 0.5


def added(rows: Sequence[tuple[memoryview[int], int, float]], start: Sequence[float]) -> list[float]:
    """Return `start` plus each (matrix, row, factor)'s int8 row times its factor; the same with numpy and without."""
    k = len(start)
    if "numpy" in sys.modules:
        import numpy

        total = numpy.array(start)
        for matrix, row, factor in rows:
            total += factor * numpy.frombuffer(matrix, dtype=numpy.int8, count=k, offset=row * k)
        return [float(t) for t in total]
    sums = list(start)
    for matrix, row, factor in rows:
        sums = [t + factor * w for t, w in zip(sums, matrix[row * k : (row + 1) * k], strict=True)]
    return sums


def fingerprint(features: Mapping[str, float]) -> str:
    """Return what only sentences of the same words in the same order share: 32 bits as hex."""
    return f"{zlib.crc32(' | '.join(sorted(f for f in features if ' ' in f)).encode()):08x}"


def intent_evidence(share: float, off: float, near: float) -> tuple[float, ...]:
    """Return what speaks for the best intent: log odds of its share among intents, share of none of them, nearest line."""
    among = min(max(share / max(1.0 - off, 1e-6), 1e-4), 1 - 1e-4)
    return (math.log(among / (1 - among)), off, near)


def statement_evidence(share: float, score: float, sense: float) -> tuple[float, ...]:
    """Return what speaks for the best statement: log odds of its share, its nearest line by words and by meaning."""
    share = min(max(share, 1e-4), 1 - 1e-4)
    return (math.log(share / (1 - share)), score, sense, score * sense)


def probability(calibration: tuple[float, ...], evidence: tuple[float, ...]) -> float:
    """Return the fitted probability, 0 to 1, that what the evidence speaks for is right."""
    z = calibration[0] + sum(w * v for w, v in zip(calibration[1:], evidence, strict=False))
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, z))))
