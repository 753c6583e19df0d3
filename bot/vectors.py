"""What words mean: a small table of static word vectors, and sums and cosines over it.

The table (`data/words.vec`) holds int8 vectors of DIMENSIONS numbers for some 25,000 English words, distilled from the
sentence-embedding model all-MiniLM-L6-v2 (Apache-2.0): each word embedded alone, centred, reduced by principal components,
weighted by rarity a / (a + p(word)) (Arora et al. 2017, "A simple but tough-to-beat baseline"). `tests/make_vectors.py`
makes it. Pure Python and numpy give the same integers; numpy is used where the program has imported it already.
"""

from __future__ import annotations

import sys
from array import array
from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path

DIMENSIONS = 128
_FILE = Path(__file__).parent / "data" / "words.vec"


@lru_cache(maxsize=1)
def _table() -> tuple[dict[str, int], memoryview]:
    """Return word -> row, and the rows; both empty where the file is missing."""
    try:
        data = _FILE.read_bytes()
    except OSError:
        return {}, memoryview(b"").cast("b")
    head, _, rest = data.partition(b"\n\n")
    words = head.decode().split("\n")
    return {w: i for i, w in enumerate(words)}, memoryview(rest).cast("b")


def meaning(words: Iterable[str]) -> bytes:
    """Return the direction in which the words' vectors add up, as DIMENSIONS int8; empty where none is known."""
    at, rows = _table()
    known = [i for word in words if (i := at.get(word)) is not None]
    if "numpy" in sys.modules:
        import numpy

        table = numpy.frombuffer(rows, dtype=numpy.int8).reshape(-1, DIMENSIONS)
        return direction(table[known].sum(axis=0, dtype=numpy.int32).tolist())
    total = [0] * DIMENSIONS
    for i in known:
        total = [t + v for t, v in zip(total, rows[i * DIMENSIONS : (i + 1) * DIMENSIONS], strict=True)]
    return direction(total)


def direction(total: Sequence[float]) -> bytes:
    """Return a vector scaled so that its length is 127, rounded to int8; empty for the zero vector."""
    length = sum(t * t for t in total) ** 0.5
    if not length:
        return b""
    return array("b", [round(127 * t / length) for t in total]).tobytes()


def cosines(query: bytes, table: bytes, rows: Sequence[int]) -> list[float]:
    """Return the cosine of a meaning with some rows of a table of meanings, about -1 to 1."""
    scale = 1.0 / (127 * 127)
    if "numpy" in sys.modules:
        import numpy

        matrix = numpy.frombuffer(table, dtype=numpy.int8).reshape(-1, DIMENSIONS)[list(rows)].astype(numpy.int32)
        return [int(d) * scale for d in matrix.dot(numpy.frombuffer(query, dtype=numpy.int8).astype(numpy.int32))]
    q = memoryview(query).cast("b")
    m = memoryview(table).cast("b")
    return [sum([a * b for a, b in zip(q, m[r * DIMENSIONS : (r + 1) * DIMENSIONS], strict=True)]) * scale for r in rows]


def dots(query: bytes, table: bytes, rows: int) -> list[float]:
    """Return the dot product of a meaning (as a unit vector) with each of the rows of a float32 table."""
    if "numpy" in sys.modules:
        import numpy

        matrix = numpy.frombuffer(table, dtype=numpy.float32).reshape(rows, DIMENSIONS)
        # Added up column by column, as the loop below does, so that both give the same last digit.
        return [
            float(d)
            for d in (matrix.astype(numpy.float64) * (numpy.frombuffer(query, dtype=numpy.int8) / 127)).cumsum(axis=1)[:, -1]
        ]
    q = [v / 127 for v in memoryview(query).cast("b")]
    m = memoryview(table).cast("f")
    return [sum([a * b for a, b in zip(q, m[r * DIMENSIONS : (r + 1) * DIMENSIONS], strict=True)]) for r in range(rows)]
