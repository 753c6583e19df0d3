"""What words mean together: static word vectors, added up and passed through one hidden layer; cosines over the results.

The file (`data/words.vec`) holds int8 vectors of DIMENSIONS numbers for some 26,000 English words and the layer's weights. It
was distilled from the sentence-embedding model all-MiniLM-L6-v2 (Apache-2.0): words start from their own embeddings weighted
by rarity (Arora et al. 2017, "A simple but tough-to-beat baseline"), then table and layer learn to point where the big model
points for whole sentences. `tests/tools/make_vectors.py` makes it. Pure Python and numpy give the same integers; numpy is used
where the program has imported it already.
"""

from __future__ import annotations

import math
import sys
from array import array
from collections.abc import Iterable, Sequence
from functools import cache, lru_cache
from operator import mul
from pathlib import Path
from typing import Any

import msgspec

DIMENSIONS, HIDDEN = 128, 256
# The layer was trained on sums of this length.
_SHARP = 8.0
_FILE = Path(__file__).parent / "data" / "words.vec"
_BYTE = 127
# Fractions are rounded to multiples of 1 / _FIXED: exact, so that numpy's order of adding makes no difference.
_FIXED = 1 << 20


class _Layer(msgspec.Struct, frozen=True):
    """A layer's weights (int8, a row an output), each worth `scale`, and its bias."""

    scale: float
    bias: tuple[float, ...]
    weights: memoryview


class _Table(msgspec.Struct, frozen=True):
    """Word -> row, the rows, and the two layers; `unit` is what one step of a hidden number is worth."""

    at: dict[str, int]
    rows: memoryview
    unit: float = 1.0
    first: _Layer | None = None
    second: _Layer | None = None


@cache
def _table() -> _Table:
    """Return the file's contents; an empty table where the file is missing."""
    try:
        data = _FILE.read_bytes()
    except OSError:
        return _Table({}, memoryview(b"").cast("b"))
    head, _, rest = data.partition(b"\n\n")
    words = head.decode().split("\n")
    size = len(words) * DIMENSIONS
    unit = memoryview(rest[size : size + 4]).cast("f")[0]
    first, at = _layer(rest, size + 4, HIDDEN, DIMENSIONS)
    second, _ = _layer(rest, at, DIMENSIONS, HIDDEN)
    return _Table({w: i for i, w in enumerate(words)}, memoryview(rest[:size]).cast("b"), unit, first, second)


def _layer(data: bytes, at: int, outputs: int, inputs: int) -> tuple[_Layer, int]:
    """Return a layer stored at a position as scale and bias (float32) and weights (int8), and where it ends."""
    numbers = memoryview(data[at : at + 4 * (1 + outputs)]).cast("f")
    start = at + 4 * (1 + outputs)
    end = start + outputs * inputs
    return _Layer(numbers[0], tuple(numbers[1:]), memoryview(data[start:end]).cast("b")), end


def known() -> Iterable[str]:
    """Return the words that have a vector, the most frequent ones first."""
    return _table().at


def meaning(words: Iterable[str]) -> bytes:
    """Return what the words mean together, a direction as DIMENSIONS int8; empty where none is known."""
    at = _table().at
    return _meaning(tuple(sorted(i for word in words if (i := at.get(word)) is not None)))


@lru_cache(maxsize=4096)
def _meaning(known: tuple[int, ...]) -> bytes:
    if not known:
        return b""
    return _by_numpy(known) if "numpy" in sys.modules else _by_hand(known)


def _by_hand(known: Sequence[int]) -> bytes:
    table = _table()
    total = [0] * DIMENSIONS
    for i in known:
        total = [t + v for t, v in zip(total, table.rows[i * DIMENSIONS : (i + 1) * DIMENSIONS], strict=True)]
    added = direction(total)
    if not added or table.first is None or table.second is None:
        return added
    sums = array("b", added).tolist()
    factor = table.first.scale * _SHARP / _BYTE
    hidden = [d * factor + b for d, b in zip(_products(0, sums), table.first.bias, strict=True)]
    steps = [min(_BYTE, round(h / table.unit)) if h > 0 else 0 for h in hidden]
    factor = table.second.scale * table.unit
    shifted = zip(sums, _products(1, steps), table.second.bias, strict=True)
    return direction([round((s / _BYTE + d * factor + b) * _FIXED) for s, d, b in shifted])


def _products(number: int, values: list[int]) -> list[int]:
    """Return the dot product of each row of the first or second layer with the values."""
    return [sum(map(mul, row, values)) for row in _lists(number)]


@cache
def _lists(number: int) -> list[list[int]]:
    layer = (_table().first, _table().second)[number]
    assert layer is not None
    width = len(layer.weights) // len(layer.bias)
    return [layer.weights[k : k + width].tolist() for k in range(0, len(layer.weights), width)]


def _by_numpy(known: Sequence[int]) -> bytes:
    """Return what `_by_hand` does: the same steps on the same whole numbers, all at once."""
    import numpy

    rows, layers = _arrays()
    added = _unit(numpy.add.reduce(rows.take(known, axis=0), axis=0, dtype=numpy.float64))
    if added is None or layers is None:
        return b"" if added is None else bytes(added.astype(numpy.int8).tobytes())
    first, factor, bias, unit, second, second_factor, second_bias = layers
    steps = first.dot(added.astype(numpy.float32)).astype(numpy.float64)
    steps *= factor
    steps += bias
    steps /= unit
    # Rounding keeps order, so cutting first and rounding then is what `_by_hand` does in turn.
    numpy.rint(numpy.minimum(numpy.maximum(steps, 0.0, out=steps), _BYTE, out=steps), out=steps)
    moved = second.dot(steps.astype(numpy.float32)).astype(numpy.float64)
    moved *= second_factor
    added /= _BYTE
    added += moved
    added += second_bias
    added *= _FIXED
    pointed = _unit(numpy.rint(added, out=added))
    return b"" if pointed is None else bytes(pointed.astype(numpy.int8).tobytes())


def _unit(total: Any) -> Any:
    """Return `direction` of an array of whole numbers as doubles, or None for the zero vector."""
    import numpy

    whole = total.astype(numpy.int64)
    length = math.sqrt(whole.dot(whole))
    if not length:
        return None
    found = total * _BYTE
    found /= length
    return numpy.rint(found, out=found)


@cache
def _arrays() -> tuple[Any, Any]:
    """Return the rows and (weights, factor, bias, unit, weights, factor, bias) of the layers as numpy arrays, or None.

    Products of int8 add up exactly in float32; each factor and bias is a double, as in `_by_hand`.
    """
    import numpy

    table = _table()
    rows = numpy.frombuffer(table.rows, dtype=numpy.int8).reshape(-1, DIMENSIONS)
    if table.first is None or table.second is None:
        return rows, None
    weights = [
        numpy.frombuffer(layer.weights, dtype=numpy.int8).reshape(len(layer.bias), -1).astype(numpy.float32)
        for layer in (table.first, table.second)
    ]
    factors = (table.first.scale * _SHARP / _BYTE, table.second.scale * table.unit)
    biases = [numpy.array(layer.bias) for layer in (table.first, table.second)]
    return rows, (weights[0], factors[0], biases[0], table.unit, weights[1], factors[1], biases[1])


def direction(total: Sequence[int]) -> bytes:
    """Return a vector of whole numbers scaled so that its length is 127, rounded to int8; empty for the zero vector."""
    length = math.sqrt(sum([t * t for t in total]))
    if not length:
        return b""
    return array("b", [round(_BYTE * t / length) for t in total]).tobytes()


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
