"""The letters of a sentence as rows of a table: which character 2- to 5-grams it has, hashed. With numpy and without, the same.

The hash is a polynomial of the bytes (Karp and Rabin 1987) mixed by Knuth's multiplicative hash: both need only products and
sums of 32-bit numbers, so that a whole sentence is hashed at once where numpy is at hand.
"""

from __future__ import annotations

from typing import Any

SIZES = (2, 3, 4, 5)
BITS = 15
_BASE, _MIX, _WORD = 0x01000193, 0x9E3779B1, 0xFFFFFFFF


def rows(sentence: str) -> list[int]:
    """Return the rows (0 to 2 ** BITS - 1) of the n-grams in a sentence, ascending, each once; both ends count as spaces."""
    data = f" {sentence} ".encode()
    hashes: list[int] = list(data)
    found: set[int] = set()
    for n in SIZES:
        hashes = [(h * _BASE + b) & _WORD for h, b in zip(hashes, data[n - 1 :], strict=False)]
        found.update([((h * _MIX) & _WORD) >> (32 - BITS) for h in hashes])
    return sorted(found)


def array(sentence: str) -> Any:
    """Return `rows` as a numpy array."""
    import numpy

    data = numpy.frombuffer(f" {sentence} ".encode(), dtype=numpy.uint8).astype(numpy.uint32)
    hashes, parts = data, []
    for n in SIZES:
        hashes = hashes[: max(0, len(data) - n + 1)] * numpy.uint32(_BASE)
        hashes += data[n - 1 :]
        parts.append(hashes)
    mixed = numpy.concatenate(parts)
    mixed *= numpy.uint32(_MIX)
    mixed >>= numpy.uint32(32 - BITS)
    mixed.sort()
    first = numpy.empty(len(mixed), dtype=bool)
    first[:1] = True
    numpy.not_equal(mixed[1:], mixed[:-1], out=first[1:])
    return mixed[first]
