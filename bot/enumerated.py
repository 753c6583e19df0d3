"""One thing and a row of what is asked of it ("Mistral 7B: licence, parameters and maker") as a question for each."""

from __future__ import annotations

from collections.abc import Sequence

from bot import text as text_
from bot.text import Lexicon, stem
from bot.types import Mention
from bot.understand import Heard

# Words of a message and of one item from which on it is no mere row of items.
LONGEST = 16
LONGEST_ITEM = 4
MOST = 4  # items that are asked one by one
_BETWEEN = frozenset({"and", "plus", "as", "well"})
_NOT_A_ROW = text_.WH - {"what", "which"} | {"or", "versus"}


def spelled_out(heard: Heard, lexicon: Lexicon) -> str:
    """Return the message as one question for each item of its row, or "" where it is no such row."""
    named = [m for m in heard.mentions if m.entity not in lexicon.attributes]
    if len(named) != 1 or len(heard.words) > LONGEST or _NOT_A_ROW & set(heard.words):
        return ""
    name = heard.text[heard.tokens[named[0].start].start : heard.tokens[named[0].end - 1].end]
    items = [kept for item in _items(heard, named[0]) if (kept := _bare(item))]
    row = 2 <= len(items) <= MOST and all(len(i) <= LONGEST_ITEM and any(stem(w) in lexicon.asked for w in i) for i in items)
    return " ".join(f"{' '.join(item)} of {name}?" for item in items) if row else ""


def _items(heard: Heard, named: Mention) -> list[list[str]]:
    """Return the words between commas, "and" and the name."""
    items: list[list[str]] = [[]]
    for i, word in enumerate(heard.words):
        gap = heard.text[heard.tokens[i - 1].end : heard.tokens[i].start] if i else ""
        if named.start <= i < named.end or word in _BETWEEN:
            items.append([])
            continue
        if any(c in gap for c in ",;:/+?&") or " - " in gap:
            items.append([])
        items[-1].append(word)
    return items


def _bare(item: Sequence[str]) -> list[str]:
    """Return an item without the function words and requests around it."""
    return [w for w in item if w not in text_.STOP and w not in text_.IMPERATIVE]
