"""Patterns, the language of examples: `(who|which lab) makes [the] {subject}` stands for every sentence it can become.

`(a|b)` is a choice, `[x]` is optional, `{slot}` is filled by a mention. Choices and options nest.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field

_PIECE = re.compile(r"[()\[\]|]|\{[^{}]*\}|[^()\[\]|{}]+|[{}]")
_SLOT = re.compile(r"\{([a-z_][a-z0-9_]*)\}")


class PatternError(ValueError):
    """A pattern that cannot be read; `col` counts from 1 within the line."""

    def __init__(self, message: str, col: int) -> None:
        super().__init__(message)
        self.col = col


@dataclass
class _Seq:
    parts: list[str | _Alt] = field(default_factory=list)


@dataclass
class _Alt:
    choices: list[_Seq]


def slots_of(pattern: str) -> tuple[str, ...]:
    """Return the slot names of a pattern in order of appearance.

    >>> slots_of("is {subject} (a|an) {category}")
    ('subject', 'category')
    """
    return tuple(_SLOT.findall(pattern))


def parse(pattern: str) -> _Seq:
    """Return the parsed pattern; raise PatternError with the column of the fault."""
    stack: list[tuple[str, int, _Alt]] = []
    top = _Alt([_Seq()])
    current = top
    for match in _PIECE.finditer(pattern):
        piece, col = match.group(), match.start() + 1
        if piece in "([":
            stack.append((piece, col, current))
            current = _Alt([_Seq()])
        elif piece == "|":
            if not stack:
                raise PatternError("'|' outside brackets; write (this|that)", col)
            current.choices.append(_Seq())
        elif piece in ")]":
            if not stack or (stack[-1][0] == "(") != (piece == ")"):
                raise PatternError(f"'{piece}' closes nothing", col)
            opener, _, outer = stack.pop()
            if opener == "[":
                current.choices.append(_Seq())
            outer.choices[-1].parts.append(current)
            current = outer
        elif piece in "{}" or (piece[0] == "{" and not _SLOT.fullmatch(piece)):
            raise PatternError("a slot is written {name}, lower-case letters and _", col)
        else:
            current.choices[-1].parts.append(piece)
    if stack:
        raise PatternError(f"'{stack[-1][0]}' is never closed", stack[-1][1])
    return top.choices[0]


def count(seq: _Seq) -> int:
    """Return how many sentences a parsed pattern stands for."""
    total = 1
    for part in seq.parts:
        if isinstance(part, _Alt):
            total *= sum(count(choice) for choice in part.choices)
    return total


def _nth(seq: _Seq, n: int, out: list[str]) -> int:
    """Append sentence number `n` of a pattern to `out`; return what is left of n for the parts outside."""
    for part in seq.parts:
        if isinstance(part, str):
            out.append(part)
            continue
        sizes = [count(choice) for choice in part.choices]
        n, pick = divmod(n, sum(sizes))
        for choice, size in zip(part.choices, sizes, strict=True):
            if pick < size:
                _nth(choice, pick, out)
                break
            pick -= size
    return n


def expand(pattern: str, most: int = 64) -> list[str]:
    """Return the sentences a pattern stands for: all, or `most` of them spread evenly and always the same ones.

    Raises PatternError. The choice depends on the pattern's text alone, so that builds are reproducible.

    >>> expand("who (made|built) [the] {subject}")
    ['who made the {subject}', 'who built the {subject}', 'who made {subject}', 'who built {subject}']
    """
    seq = parse(pattern)
    total = count(seq)
    if total <= most:
        numbers = list(range(total))
    else:
        # A stride coprime with the total walks all combinations; starting points differ per pattern.
        seed = int.from_bytes(hashlib.blake2b(pattern.encode(), digest_size=4).digest(), "big")
        stride = max(1, int(total * 0.6180339887)) | 1
        while _gcd(stride, total) != 1:
            stride += 2
        numbers = sorted({(seed + i * stride) % total for i in range(most)})
    sentences: dict[str, None] = {}
    for number in numbers:
        out: list[str] = []
        _nth(seq, number, out)
        sentences.setdefault(" ".join("".join(out).split()), None)
    return [sentence for sentence in sentences if sentence]


def _gcd(a: int, b: int) -> int:
    while b:
        a, b = b, a % b
    return a
