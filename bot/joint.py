"""Weigh all answers against each other, intents and statements: one multinomial logistic regression over a question.

The ranker sees a question with its names masked and knows no statement; retrieval sees the names and knows no intent. Which
of the two is meant, "who made @s" or the statement about that very thing, only a model of both can tell. Features are
hashed into ROWS rows; a row keeps the few weights that matter (int8), so a question costs some hundred additions.
Trained in `bot.fit_joint`.
"""

from __future__ import annotations

import math
import sys
import zlib
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any

import msgspec

from bot import retrieval, vectors
from bot import text as text_
from bot.types import Reading
from bot.understand import UNKNOWN, Heard, task_words

ROWS = 1 << 17
# Weights are added up as whole multiples of 1 / _FIXED: exact, so the sums are the same with numpy and without.
_FIXED = 1 << 20
# A masked word beside the same word unmasked: what a masked one counts.
_MASKED = 0.7
# How long a question's meaning is beside its words, which have length 1.
SENSE = 0.5


def row_of(feature: str) -> int:
    """Return the row a feature is hashed to, 0 to ROWS - 1."""
    return zlib.crc32(feature.encode()) & (ROWS - 1)


def masked(heard: Heard, reading: Reading, lexicon: text_.Lexicon) -> dict[str, float]:
    """Return a reading's features with names masked, and the cue words that masks hide."""
    words = tuple("@s" if w == UNKNOWN else w for w in reading.masked)
    features = text_.features(words, lexicon)
    for word in task_words(heard, reading.clause):
        s = text_.stem(word)
        features[s] = features.get(s, 0.0) + 0.5
    return features


def named(
    heard: Heard,
    reading: Reading,
    lexicon: text_.Lexicon,
    up: Callable[[str], Sequence[str]],
    focus: Sequence[str] = (),
) -> dict[str, float]:
    """Return a reading's features with the names it has: own words, entities and what they are (`up`).

    `focus` is what a pronoun in it stands for, nearest first.
    """
    covered = {p for m in heard.mentions for p in range(m.start, m.end)}
    words = own_words(heard, reading, lexicon, covered)
    weights = retrieval.entity_weights(reading.mentions, {m.entity: up(m.entity) for m in reading.mentions})
    known = {w for w, _ in weights}
    weights += [(id, 1.0 - 0.4 * n) for n, id in enumerate(focus) if id not in known]
    return retrieval.features(words, weights, lexicon)


def own_words(heard: Heard, reading: Reading, lexicon: text_.Lexicon, covered: set[int]) -> list[str]:
    """Return the clause's words that are neither fillers nor at the covered places."""
    clause = reading.clause
    words = ((i, heard.words[i]) for i in range(clause.start, clause.end))
    return [w for i, w in words if i not in covered and w not in lexicon.fillers]


def meaning(heard: Heard, reading: Reading, lexicon: text_.Lexicon) -> bytes:
    """Return the meaning of a clause's words, names included."""
    return vectors.meaning(own_words(heard, reading, lexicon, set()))


def rows(with_names: Mapping[str, float], with_masks: Mapping[str, float]) -> dict[int, float]:
    """Return row -> value of both sorts of features."""
    found: dict[int, float] = {}
    for feature, value in with_names.items():
        row = row_of("n:" + feature)
        found[row] = found.get(row, 0.0) + value
    for feature, value in with_masks.items():
        if ".." not in feature:
            row = row_of("m:" + feature)
            found[row] = found.get(row, 0.0) + _MASKED * value
    return found


class Joint(msgspec.Struct, frozen=True, dict=True):
    """The fitted model. `answers` are intents and "statement:ID"; a row's weights are columns[starts[row]:starts[row + 1]]
    (uint16 into `answers`) and as many of `weights` (int8, times `scale`); `idf` is 0 for rows never seen. `senses` is
    answers x DIMENSIONS int8, an answer's times its `sense_scales`."""

    answers: tuple[str, ...] = ()
    idf: bytes = b""
    starts: bytes = b""
    columns: bytes = b""
    weights: bytes = b""
    scale: float = 1.0
    senses: bytes = b""
    sense_scales: tuple[float, ...] = ()
    bias: tuple[float, ...] = ()

    def shares(self, found: Mapping[int, float], meaning: bytes) -> dict[str, float]:
        """Return answer -> its share of the probability, 0 to 1; of every answer there is, adding up to 1."""
        if not self.answers:
            return {}
        scores = self._scores(found)
        unit = SENSE / 127
        if meaning:
            dots = self._dots(meaning)
            scores = [s + d * f * unit for s, d, f in zip(scores, dots, self.sense_scales, strict=True)]
        top = max(scores)
        odds = [math.exp(s - top) for s in scores]
        total = sum(odds)
        return {answer: o / total for answer, o in zip(self.answers, odds, strict=True)}

    @cached_property
    def _tables(self) -> tuple[memoryview[float], memoryview[int], memoryview[int], memoryview[int]]:
        return (
            memoryview(self.idf).cast("f"),
            memoryview(self.starts).cast("I"),
            memoryview(self.columns).cast("H"),
            memoryview(self.weights).cast("b"),
        )

    @cached_property
    def _arrays(self) -> tuple[Any, Any, Any]:
        """The columns, weights and senses as numpy arrays; products of int8 add up exactly in float32."""
        import numpy

        senses = numpy.frombuffer(self.senses, dtype=numpy.int8).reshape(-1, vectors.DIMENSIONS)
        return (
            numpy.frombuffer(self.columns, dtype=numpy.uint16).astype(numpy.intp),
            numpy.frombuffer(self.weights, dtype=numpy.int8).astype(numpy.int64),
            senses.astype(numpy.float32),
        )

    def _scores(self, found: Mapping[int, float]) -> list[float]:
        idf, starts, columns, weights = self._tables
        weighted = [(r, v * idf[r]) for r, v in found.items() if idf[r]]
        norm = math.sqrt(sum([w * w for _, w in weighted])) or 1.0
        factors = [(starts[r], starts[r + 1], round(w / norm * self.scale * _FIXED)) for r, w in weighted]
        if "numpy" in sys.modules:
            import numpy

            all_columns, all_weights, _ = self._arrays
            table = numpy.zeros(len(self.answers), dtype=numpy.int64)
            for start, end, factor in factors:
                table[all_columns[start:end]] += factor * all_weights[start:end]
            sums: list[int] = table.tolist()
        else:
            sums = [0] * len(self.answers)
            for start, end, factor in factors:
                for column, weight in zip(columns[start:end], weights[start:end], strict=True):
                    sums[column] += factor * weight
        return [s / _FIXED + b for s, b in zip(sums, self.bias, strict=True)]

    def _dots(self, meaning: bytes) -> list[float]:
        """Return the dot product of a meaning with each answer's senses: whole numbers over 127."""
        if "numpy" in sys.modules:
            import numpy

            query = numpy.frombuffer(meaning, dtype=numpy.int8).astype(numpy.float32)
            dots: list[float] = (self._arrays[2] @ query).tolist()
            return dots
        q, table = memoryview(meaning).cast("b"), memoryview(self.senses).cast("b")
        size = vectors.DIMENSIONS
        return [
            float(sum([a * b for a, b in zip(q, table[k * size : (k + 1) * size], strict=True)]))
            for k in range(len(self.answers))
        ]
