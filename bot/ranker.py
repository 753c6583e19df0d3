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
from typing import Any, NamedTuple

import msgspec

from bot import letters
from bot.types import Candidate, Contribution

ROWS = 1 << letters.BITS


def row_of(feature: str) -> int:
    """Return the row a feature is hashed to, 0 to ROWS - 1."""
    return zlib.crc32(feature.encode()) & (ROWS - 1)


class _Arrays(NamedTuple):
    """A ranker's tables as numpy arrays, all but the weights as doubles; `worth` and `squares` as in `Ranker._letters`."""

    weights: Any
    scales: Any
    worth: Any
    squares: Any
    senses: Any
    units: Any
    bias: Any


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
    # Whether character n-grams are features too, and what a meaning counts beside the words.
    letters: bool = False
    sense: float = 0.5

    @cached_property
    def _tables(self) -> tuple[memoryview[int], memoryview[float], memoryview[float]]:
        return memoryview(self.weights).cast("b"), memoryview(self.scales).cast("f"), memoryview(self.idf).cast("f")

    def weighted(self, features: Mapping[str, float]) -> dict[str, tuple[int, float]]:
        """Return feature -> (row, weight), L2-normalised; features never seen in training are left out."""
        _, _, idf = self._tables
        rows = {f: (row_of(f), v) for f, v in features.items()}
        found = {f: (r, (1.0 + math.log(v) if v > 1 else v) * idf[r]) for f, (r, v) in rows.items() if idf[r] > 0}
        totals: dict[int, float] = {}
        for r, w in found.values():  # two features that share a row are one input
            totals[r] = totals.get(r, 0.0) + w
        norm = math.sqrt(sum(w * w for w in totals.values())) or 1.0
        return {f: (r, w / norm) for f, (r, w) in found.items()}

    def inputs(self, features: Mapping[str, float], sentence: str = "") -> list[tuple[int, float]]:
        """Return (row, weight) of the words' features and, where it learned them, of the sentence's letters."""
        found = list(self.weighted(features).values())
        if not self.letters:
            return found
        # Letters have weights of their own, after the words'.
        rarity = self._tables[2][ROWS:]
        spelt = letters.rows(sentence)
        norm = _length(sum([self._letters[1][r] for r in spelt]))
        return found + [(r, rarity[r] / norm) for r in spelt if rarity[r]]

    @cached_property
    def _letters(self) -> tuple[list[float], list[int]]:
        """What a row's letters are worth before they are brought to length 1, and the square of their rarity."""
        _, scales, idf = self._tables
        rarity = idf[ROWS:]
        worth = [w * s * _FIXED for w, s in zip(rarity, scales, strict=True)]
        return worth, [round(w * w * _FIXED) for w in rarity]

    @cached_property
    def _arrays(self) -> _Arrays:
        import numpy

        k = len(self.intents)
        worth, squares = self._letters if self.letters else ([], [])
        return _Arrays(
            numpy.frombuffer(self.weights, dtype=numpy.int8).reshape(-1, k),
            numpy.frombuffer(self.scales, dtype=numpy.float32).astype(numpy.float64),
            numpy.array(worth),
            numpy.array(squares, dtype=numpy.int64),
            numpy.frombuffer(self.senses, dtype=numpy.int8).reshape(-1, k).astype(numpy.float64),
            numpy.frombuffer(self.sense_scales, dtype=numpy.float32).astype(numpy.float64) * self._unit,
            numpy.array(self.bias),
        )

    @property
    def _unit(self) -> float:
        return self.sense / 127 * _FIXED

    def scores(self, features: Mapping[str, float], meaning: bytes = b"", sentence: str = "") -> list[float]:
        """Return one raw score per intent, in the order of `intents`."""
        found = self._added if "numpy" in sys.modules else self._added_by_hand
        return found(self._words(features), sentence if self.letters else "", meaning if self.senses else b"")

    def _words(self, features: Mapping[str, float]) -> dict[int, float]:
        """Return what `weighted` does, without the features' names: row -> weight."""
        totals: dict[int, float] = {}
        idf, crc, mask = self._rarity, zlib.crc32, ROWS - 1
        for feature, value in features.items():
            row = crc(feature.encode()) & mask
            rarity = idf[row]
            if rarity:
                weight = (1.0 + math.log(value) if value > 1 else value) * rarity
                totals[row] = totals[row] + weight if row in totals else weight
        norm = math.sqrt(sum([w * w for w in totals.values()])) or 1.0
        return {r: w / norm for r, w in totals.items()}

    @cached_property
    def _rarity(self) -> list[float]:
        """The words' idf as a list, which is read twice as fast as the bytes."""
        return list(self._tables[2][:ROWS])

    def _added_by_hand(self, words: Mapping[int, float], sentence: str, meaning: bytes) -> list[float]:
        """Return the scores of words, letters and meaning together."""
        scales = self._tables[1]
        rows = list(words)
        factors = [round(w * scales[r] * _FIXED) for r, w in words.items()]
        if sentence:
            worth, squares = self._letters
            spelt = letters.rows(sentence)
            norm = _length(sum([squares[r] for r in spelt]))
            rows, factors = rows + spelt, factors + [round(worth[r] / norm) for r in spelt]
        k = len(self.intents)
        sums = gathered(self.weights, rows, factors, k)
        if meaning:
            units = [s * self._unit for s in memoryview(self.sense_scales).cast("f")]
            factors = [round(v * u) for v, u in zip(memoryview(meaning).cast("b"), units, strict=True)]
            more = gathered(self.senses, range(len(factors)), factors, k)
            sums = [a + b for a, b in zip(sums, more, strict=True)]
        return [total / _FIXED + b for total, b in zip(sums, self.bias, strict=True)]

    def _added(self, words: Mapping[int, float], sentence: str, meaning: bytes) -> list[float]:
        """Return what `_added_by_hand` does. Doubles hold whole numbers up to 2 ** 53 exactly, far above any sum here."""
        import numpy

        table = self._arrays
        at = numpy.array(list(words), dtype=numpy.intp)
        by = numpy.array(list(words.values())) * table.scales.take(at)
        by *= _FIXED
        if sentence:
            spelt = letters.array(sentence)
            norm = _length(int(table.squares.take(spelt).sum()))
            at = numpy.concatenate((at, spelt))
            by = numpy.concatenate((by, table.worth.take(spelt) / norm))
        sums = numpy.rint(by, out=by).dot(table.weights.take(at, axis=0).astype(numpy.float64))
        if meaning:
            sums += numpy.rint(numpy.frombuffer(meaning, dtype=numpy.int8) * table.units).dot(table.senses)
        sums /= _FIXED
        sums += table.bias
        found: list[float] = sums.tolist()
        return found

    def rank(
        self, features: Mapping[str, float], meaning: bytes = b"", most: int = 8, sentence: str = ""
    ) -> tuple[Candidate, ...]:
        """Return the likeliest intents with confidences (softmax at the fitted temperature), best first."""
        scores = self.scores(features, meaning, sentence)
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


# Weights are added up as whole multiples of 1 / _FIXED: exact, so the sums are the same with numpy and without.
_FIXED = 1 << 30


def _length(squares: int) -> float:
    """Return the length whose square is so many multiples of 1 / _FIXED; 1 for nothing."""
    return math.sqrt(squares / _FIXED) or 1.0


def gathered(table: bytes, rows: Sequence[int], factors: Sequence[int], k: int) -> list[int]:
    """Return the sum of an int8 table's rows (k wide), each times its whole factor."""
    matrix = memoryview(table).cast("b")
    sums = [0] * k
    for row, factor in zip(rows, factors, strict=True):
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
