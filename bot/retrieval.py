"""Find the authored statement that an open question is about: TF-IDF cosine over the ways people ask it.

A row is one authored line (its expansions averaged). Words count by their rarity; entities count as words of their own,
and so, more weakly, does everything they are.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import cached_property

import msgspec

from bot.text import STOP, WH, Lexicon, stem
from bot.types import Mention

_ASK_WEIGHT = 0.35
_ASKING = frozenset({"why", "how", "when", "who", "where", "which", "what"})


def features(words: Sequence[str], entities: Sequence[tuple[str, float]], lexicon: Lexicon) -> dict[str, float]:
    """Return feature -> weight for retrieval: content stems, synonym classes, neighbours, question word, entities."""
    found: dict[str, float] = {}
    kept: list[str] = []
    for word in words:
        if word[:1] in "@#" or (word in STOP and word not in WH):
            continue
        if word in WH:
            if word in _ASKING:
                found["?" + word] = _ASK_WEIGHT
            continue
        s = stem(word)
        kept.append(lexicon.synonyms.get(s, s))
        found[s] = 1.0
        c = lexicon.synonyms.get(s)
        if c is not None:
            found["~" + c] = 0.9
            if c != s:
                found[s] = 0.45
    for a, b in zip(kept, kept[1:], strict=False):
        found[f"{a} {b}"] = 0.5
    for id, weight in entities:
        found["e:" + id] = max(weight, found.get("e:" + id, 0.0))
    return found


class Index(msgspec.Struct, frozen=True, dict=True):
    """Inverted index: `features` in order, `starts` into `rows` / `weights` (one entry a posting, uint16 and float32)."""

    features: tuple[str, ...]
    idf: bytes
    starts: bytes
    rows: bytes
    weights: bytes
    owners: tuple[str, ...]
    lines: tuple[str, ...]
    negative: bytes
    masses: bytes
    rarest: float

    @cached_property
    def _at(self) -> dict[str, int]:
        return {f: i for i, f in enumerate(self.features)}

    @cached_property
    def _mass(self) -> memoryview:
        """The share of each row's squared weight that lies in words, not names."""
        return memoryview(self.masses).cast("f")

    @cached_property
    def _tables(self) -> tuple[memoryview, memoryview, memoryview, memoryview]:
        return (
            memoryview(self.idf).cast("f"),
            memoryview(self.starts).cast("I"),
            memoryview(self.rows).cast("H"),
            memoryview(self.weights).cast("f"),
        )

    def search(self, query: Mapping[str, float], most: int = 5) -> list[tuple[float, str, int]]:
        """Return (score 0-1, statement id, row) of the best statements, one row each, best first.

        The score is the cosine, lowered where the shared weight is in names alone: a question and a line must share
        words, seen from both sides, not only be about the same thing.
        """
        if not self.features:
            return []
        idf, starts, rows, weights = self._tables
        at = self._at
        norm = asked = 0.0
        totals: dict[int, float] = {}
        words: dict[int, float] = {}
        shared: dict[int, float] = {}
        for feature, value in query.items():
            i = at.get(feature)
            name, pair = feature[:2] == "e:", " " in feature
            if i is None:
                # A word the content never uses still makes the question longer: it is about something else.
                if not pair and not name:
                    norm += (value * self.rarest) ** 2 * 0.4
                    asked += (value * self.rarest) ** 2 * 0.4
                continue
            w = value * idf[i]
            norm += w * w
            is_word = not name and not pair and feature[0] != "?"
            if is_word:
                asked += w * w
            for p in range(starts[i], starts[i + 1]):
                row = rows[p]
                totals[row] = totals.get(row, 0.0) + w * weights[p]
                if is_word:
                    words[row] = words.get(row, 0.0) + w * w
                    shared[row] = shared.get(row, 0.0) + weights[p] * weights[p]
        scale = 1.0 / (math.sqrt(norm) or 1.0)
        best: dict[str, tuple[float, int]] = {}
        owners, mass = self.owners, self._mass
        for row, total in totals.items():
            mine = words.get(row, 0.0) / asked if asked else 1.0
            theirs = shared.get(row, 0.0) / mass[row] if mass[row] else 1.0
            score = total * scale * (0.25 + 0.75 * math.sqrt(0.5 * (mine + theirs)))
            if score > best.get(owners[row], (0.0, 0))[0]:
                best[owners[row]] = (score, row)
        ranked = sorted(((score, owner, row) for owner, (score, row) in best.items()), key=lambda x: (-x[0], x[1]))
        return ranked[:most]


def entity_weights(mentions: Sequence[Mention], up: Mapping[str, Sequence[str]] | None = None) -> list[tuple[str, float]]:
    """Return (entity id, weight) of the mentions: 1 for itself, .5 and .3 for what it is, nearest first."""
    found: list[tuple[str, float]] = []
    for m in mentions:
        found.append((m.entity, 1.2))
        for depth, ancestor in enumerate((up or {}).get(m.entity, ())[:4]):
            found.append((ancestor, 0.6 if depth < 2 else 0.4))
    return found
