"""The gazetteer: find known names in a text, exact before fuzzy, longest first. The only door to rapidfuzz.

Names are compared squashed (no spaces or hyphens), so "gpt4o", "gpt-4o" and "GPT 4o" are one. Digits never match
fuzzily: GPT-17 is unknown, not GPT-1.
"""

from __future__ import annotations

import re
import zlib
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property

import msgspec
from rapidfuzz.distance import OSA

from bot.types import Mention, Token

_LONGEST = 7  # words in a name
_VERSION = re.compile(r"v?\d+(\.\d+)*[a-z]?$")
# "90.000", "200k", "4gb", "2nd": an amount, never a name.
_AMOUNT = re.compile(r"\d[\d.,]*(k|m|mio|bn|gb|gig|gigs|gigabytes|mb|tb|kb|x|%|st|nd|rd|th|s|p|fps|am|pm|h|min|sec|usd|eur)?")
_SIZE = re.compile(r"\d+(\.\d+)?(b|m|k|gb|bit|d|x)$")
_YEAR = re.compile(r"(19|20)\d\d$")
_DOT = re.compile(r"(?<!\d)\.|\.(?!\d)")
_DIGITS = re.compile(r"\d+")
# A misspelt word stands for a word in a longer name where it has so many letters and is so similar to it (0 to 1).
_SURE_LENGTH, _SURE = 5, 0.8
# One wrong letter of seven: nearer than this no other English word is likely to be.
_CLOSE = 0.85


class Words(msgspec.Struct, frozen=True):
    """A set of words as a Bloom filter: `bits` is the table; a false yes about once in a thousand."""

    bits: bytes

    def __contains__(self, word: str) -> bool:
        size = len(self.bits) * 8
        return all(self.bits[p >> 3] >> (p & 7) & 1 for p in _probes(word, size))


def words_of(words: Iterable[str]) -> Words:
    """Return the Bloom filter of the words: 16 bits each, 6 probes."""
    listed = sorted(set(words))
    size = max(64, len(listed) * 16)
    table = bytearray((size + 7) // 8)
    size = len(table) * 8
    for word in listed:
        for p in _probes(word, size):
            table[p >> 3] |= 1 << (p & 7)
    return Words(bytes(table))


def _probes(word: str, size: int) -> list[int]:
    data = word.encode()
    a, b = zlib.crc32(data), zlib.crc32(data, 0x9747B28C) | 1
    return [(a + i * b) % size for i in range(6)]


def squash(text: str) -> str:
    """Return a name without spaces, hyphens and case, its dots kept only inside numbers, as the tokeniser keeps them.

    >>> squash("GPT-4o mini"), squash("DALL·E 3"), squash("llama.cpp"), squash("GPT-4.5")
    ('gpt4omini', 'dalle3', 'llamacpp', 'gpt4.5')
    """
    return "".join(c for c in _DOT.sub("", text.lower()) if c.isalnum() or c in ".+")


def skeleton(word: str) -> str:
    """Return the consonants of a word, doubled ones once, its first letter kept: words that sound alike share it."""
    out = word[:1]
    for c in word[1:]:
        if c not in "aeiouyh" and c != out[-1:]:
            out += c
    return out


def similarity(typed: str, known: str) -> float:
    """Return how alike two squashed names are, 0 to 1; 0 where their digits differ.

    >>> similarity("midjurny", "midjourney") > 0.78, similarity("gpt17", "gpt1")
    (True, 0.0)
    """
    if _DIGITS.findall(typed) != _DIGITS.findall(known):
        return 0.0
    score = OSA.normalized_similarity(typed, known)
    # A swap, a doubled letter or a wrong vowel costs much in a short word, yet nobody would misread it.
    letters = sum(c.isalpha() for c in known)
    if letters >= 5 and abs(len(typed) - len(known)) <= 2 and skeleton(typed) == skeleton(known):
        score = max(score, 0.84)
    return float(score)


_OPENING = 3  # characters

_DRAWN = re.compile(r"(.)\1{2,}")  # a letter typed three times or more


class Gazetteer(msgspec.Struct, frozen=True, dict=True):
    """Names and how to find them. `names` maps a squashed name to an entity id; `ordinary` are English words,
    `unversioned` the ids of things that have no versions ("1 million tokens 1 or 2")."""

    names: dict[str, str]
    ambiguous: frozenset[str]
    unlike: frozenset[str]
    vocabulary: dict[str, int]
    ordinary: Words
    unversioned: frozenset[str] = frozenset()

    @cached_property
    def _sorted(self) -> list[str]:
        return sorted(self.names)

    @cached_property
    def _openings(self) -> tuple[frozenset[str], frozenset[str]]:
        """What names, and phrases that are none, begin with: most words are ruled out by a look at it."""
        return frozenset(k[:_OPENING] for k in self.names), frozenset(k[:_OPENING] for k in self.unlike)

    @cached_property
    def _name_index(self) -> dict[tuple[int, str], list[str]]:
        return _index(k for k in self.names if len(k) >= 4)

    @cached_property
    def _word_index(self) -> dict[tuple[int, str], list[str]]:
        return _index(w for w in self.vocabulary if len(w) >= 4 and w.isalpha())

    def known(self, word: str) -> bool:
        """Whether the word is ordinary English or a word of the content; "sayin" is one too."""
        return word in self.vocabulary or word in self.ordinary or (word.endswith("in") and word + "g" in self.ordinary)

    def find(self, tokens: Sequence[Token], fuzzy: float) -> tuple[list[Mention], list[int]]:
        """Return the mentions in order, and the positions of name-like words that are no known name.

        `fuzzy` is the lowest similarity (0 to 1) at which a misspelt name counts; above 1 only exact names do.
        """
        words = [t.word for t in tokens]
        taken = self._blocked(words)
        mentions: list[Mention] = []
        unknown: list[int] = []
        respelt = self._respelt(words) if fuzzy <= 1 else words
        self._exact(tokens, words, respelt, taken, mentions)
        self._with_shared_head(tokens, words, taken, mentions)
        if fuzzy <= 1:
            self._headed(tokens, words, taken, mentions)
            self._fuzzy(tokens, words, respelt, taken, mentions, fuzzy)
        self._versions(words, tokens, taken, mentions, unknown)
        for i, token in enumerate(tokens):
            if not taken[i] and _name_like(token, i) and not self.known(token.word):
                unknown.append(i)
        return sorted(mentions, key=lambda m: m.start), sorted(set(unknown))

    def _blocked(self, words: Sequence[str]) -> list[bool]:
        """Mark words inside phrases where a name means something else ("claude monet")."""
        taken = [False] * len(words)
        openings = self._openings[1]
        for i, word in enumerate(words):
            if len(word) >= _OPENING and word[:_OPENING] not in openings:
                continue
            for n in range(2, min(6, len(words) - i) + 1):
                if "".join(words[i : i + n]) in self.unlike:
                    taken[i : i + n] = [True] * n
        return taken

    def _respelt(self, words: Sequence[str]) -> list[str]:
        """Return the words with each long unknown one spelt as the word of ours it is surely meant to be."""
        found = []
        for word in words:
            right = self.corrected(word) if len(word) >= _SURE_LENGTH else word
            found.append(right if OSA.normalized_similarity(word, right) >= _SURE else word)
        return found

    def _exact(
        self, tokens: Sequence[Token], words: Sequence[str], respelt: Sequence[str], taken: list[bool], out: list[Mention]
    ) -> None:
        """Take the names that stand there; of several words, one may be misspelt ("github coplot")."""
        i = 0
        while i < len(words):
            found, n = self._longest(tokens, words, taken, i)
            wider, more = self._longest(tokens, respelt, taken, i) if words != respelt else ("", 1)
            score = 1.0
            if more > max(n, 1):
                found, n, score = wider, more, similarity("".join(words[i : i + more]), "".join(respelt[i : i + more]))
            if found:
                taken[i : i + n] = [True] * n
                out.append(self._mention(found, tokens, i, n, score))
            i += n

    def _with_shared_head(self, tokens: Sequence[Token], words: Sequence[str], taken: list[bool], out: list[Mention]) -> None:
        """Take a name whose head stands only after the next one: "generative or discriminative models"."""
        for m in tuple(out):
            first = m.start - 2
            if first < 0 or taken[first] or words[m.start - 1] not in _BETWEEN_HEADS:
                continue
            tails = ("".join(words[m.end - n : m.end]) for n in range(m.end - m.start, 0, -1))
            found = next((key for tail in tails if (key := self._lookup(words[first] + tail, 2))), None)
            if found:
                taken[first] = True
                out.append(self._mention(found, tokens, first, 1, 1.0))

    def _longest(self, tokens: Sequence[Token], words: Sequence[str], taken: Sequence[bool], i: int) -> tuple[str, int]:
        """Return the longest name that starts at word `i` and the words it has; "" and 1 where none does."""
        best, key = ("", 1), ""
        if len(words[i]) >= _OPENING and words[i][:_OPENING] not in self._openings[0]:
            return best
        for n in range(1, min(_LONGEST, len(words) - i) + 1):
            if taken[i + n - 1] or (n > 1 and _apart(tokens, i + n - 2)):
                break
            key += words[i + n - 1]
            found = self._lookup(key, n)
            if found is not None:
                best = (found, n)
            at = bisect_left(self._sorted, key)
            if at == len(self._sorted) or not self._sorted[at].startswith(key):
                break  # no name begins so: a longer piece is none either
        return best

    def _headed(self, tokens: Sequence[Token], words: list[str], taken: list[bool], out: list[Mention]) -> None:
        """Widen a match that starts with a number by a misspelt word before it: "clod" + "3 opus" is Claude 3 Opus."""
        for place, m in enumerate(out):
            if not words[m.start][0].isdigit() or m.start == 0 or taken[m.start - 1]:
                continue
            whole = self._closest(words[m.start - 1] + "".join(words[m.start : m.end]), self._name_index, 0.8)
            if whole and self.names[whole[1]] == m.entity:
                taken[m.start - 1] = True
                out[place] = self._mention(whole[1], tokens, m.start - 1, m.end - m.start + 1, whole[0])

    def _lookup(self, key: str, n: int) -> str | None:
        if len(key) < 2 or (n > 1 and len(key) < 4 and key.isalpha()):
            return None
        if key in self.names:
            return key
        for ending in ("es", "s"):
            base = key.removesuffix(ending)
            # "Boxes", never "can VAEs", which are no Canvas.
            if base != key and len(base) > 2 and (ending == "s" or base.endswith(_HISSING)) and base in self.names:
                return base
        return None

    def _mention(self, key: str, tokens: Sequence[Token], i: int, n: int, score: float) -> Mention:
        return Mention(self.names[key], key, i, i + n, round(score, 3), key not in self.ambiguous)

    def _fuzzy(
        self,
        tokens: Sequence[Token],
        words: list[str],
        respelt: Sequence[str],
        taken: list[bool],
        out: list[Mention],
        least: float,
    ) -> None:
        for i in range(len(words)):
            if taken[i] or len(words[i]) < 4 or not words[i][0].isalpha():
                continue
            windows: tuple[tuple[int, int], ...] = ((i, 3), (i - 1, 3), (i - 2, 3), (i, 2), (i - 1, 2), (i, 1))
            meant = self._undone(words[i])
            if self.known(words[i]) or (meant and meant not in self.names):
                # A real word is a misspelt name only where a version makes the rest of one: "clod 3 opus".
                if i + 1 >= len(words) or not _VERSION.fullmatch(words[i + 1]):
                    continue
                windows = ((i, 3),)
            best: tuple[float, int, int, str] | None = None
            for start, n in windows:
                if start < 0 or start + n > len(words) or any(taken[start : start + n]):
                    continue
                key = "".join(words[start : start + n])
                match = self._closest(key, self._name_index, least)
                plain = "".join(respelt[start : start + n])
                if match and plain not in self.names and plain != key and similarity(key, plain) > match[0]:
                    continue  # "liense" is nearer to a licence than to Lensa
                if match and (best is None or match[0] > best[0] + 1e-9):
                    best = (match[0], start, n, match[1])
            if best is None:
                continue
            score, start, n, name = best
            word = self._closest(words[i], self._word_index, 0.75)
            if word and n == 1 and word[0] > score and word[1] not in self.names:
                continue
            taken[start : start + n] = [True] * n
            out.append(self._mention(name, tokens, start, n, score))

    def _closest(self, key: str, index: dict[tuple[int, str], list[str]], least: float) -> tuple[float, str] | None:
        if len(key) < 4:
            return None
        best: tuple[float, str] | None = None
        seen: set[str] = set()
        for length in range(len(key) - 2, len(key) + 3):
            for end in (key[0], "$" + key[-1]):
                for name in index.get((length, end), ()):
                    if name in seen:
                        continue
                    seen.add(name)
                    score = similarity(key, name)
                    if score >= least and (best is None or (score, name) > best):
                        best = (score, name)
        return best

    def _versions(
        self, words: list[str], tokens: Sequence[Token], taken: list[bool], out: list[Mention], unknown: list[int]
    ) -> None:
        """Drop a mention that a version follows which it does not have: "GPT-17", "Falcon 9"."""
        for mention in list(out):
            i = mention.end
            if i >= len(words) or taken[i] or tokens[i].start - tokens[i - 1].end > 1 or mention.entity in self.unversioned:
                continue
            word = words[i]
            if _VERSION.fullmatch(word) and not _SIZE.fullmatch(word) and not _YEAR.fullmatch(word):
                following = words[i + 1] if i + 1 < len(words) else ""
                if following.endswith("s") and tokens[i].start - tokens[i - 1].end == 1 and not tokens[i].word.startswith("v"):
                    continue  # "use ChatGPT 3 times": a number of things, no version
                out.remove(mention)
                taken[i] = True
                # "first GPT-4": the shorter name with the version is the one meant.
                inner = next((s for s in range(mention.start, i) if "".join(words[s : i + 1]) in self.names), None)
                if inner is not None:
                    out.append(self._mention("".join(words[inner : i + 1]), tokens, inner, i + 1 - inner, 1.0))
                    continue
                whole = self._closest("".join(words[mention.start : i + 1]), self._name_index, 0.8)
                if whole:  # "lamma 4" is a misspelt Llama 4
                    out.append(self._mention(whole[1], tokens, mention.start, i + 1 - mention.start, whole[0]))
                    continue
                unknown.extend(range(mention.start, i + 1))

    def spelt(self, tokens: Sequence[Token], mentions: Sequence[Mention]) -> dict[int, str]:
        """Return position -> the word as the name has it, for each misspelt word of a name."""
        found: dict[int, str] = {}
        for m in mentions:
            if m.score >= 1:
                continue
            for i in range(m.start, m.end):
                typed, right = tokens[i].word, self.corrected(tokens[i].word)
                right = right + "s" if similarity(typed, right + "s") > similarity(typed, right) else right
                alone = m.end - m.start == 1 and self.names.get(self._lookup(right, 1) or "") != m.entity
                found[i] = m.text if alone else right
        return found

    def corrected(self, word: str) -> str:
        """Return the ordinary word most likely meant by an unknown one, or the word itself."""
        if len(word) < 4 or not word.isalpha() or self.known(word):
            spoken = word.endswith("in") and word not in self.vocabulary and word not in self.ordinary
            return word + "g" if spoken else word
        for drawn in (_DRAWN.sub(r"\1", word), _DRAWN.sub(r"\1\1", word)):
            if drawn != word and self.known(drawn):
                return drawn  # "heyyy", "sooo"
        best: tuple[float, int, str] | None = None
        for length in range(len(word) - 2, len(word) + 3):
            for end in (word[0], "$" + word[-1]):
                for known in self._word_index.get((length, end), ()):
                    score = OSA.normalized_similarity(word, known)
                    if score >= (0.74 if len(word) < 8 else 0.7):
                        rank = (round(score, 2), self.vocabulary[known], known)
                        if best is None or rank > best:
                            best = rank
        if best and best[0] >= _CLOSE:
            return best[2]
        return self._undone(word) or (best[2] if best else word)

    def _undone(self, word: str) -> str:
        """Return the English word of which one doubled letter or two swapped neighbours make this one, or "".

        Lost letters are not looked for: too many words would have to be tried in a filter that sometimes says yes falsely.
        """
        if len(word) < _SURE_LENGTH or not word.isalpha() or self.known(word):
            return ""
        doubled = [word[:i] + word[i + 1 :] for i in range(1, len(word)) if word[i] == word[i - 1]]
        swapped = [word[: i - 1] + word[i] + word[i - 1] + word[i + 1 :] for i in range(2, len(word))]
        return next((w for w in (*doubled, *swapped) if self.known(w)), "")


def _index(names: Iterable[str]) -> dict[tuple[int, str], list[str]]:
    """Return names by (length, first letter) and (length, "$" + last letter): a typo rarely hits both ends."""
    table: dict[tuple[int, str], list[str]] = {}
    for name in sorted(names):
        table.setdefault((len(name), name[0]), []).append(name)
        table.setdefault((len(name), "$" + name[-1]), []).append(name)
    return table


# Names take "es" in the plural after these.
_HISSING = ("s", "x", "z", "ch", "sh", "o")
# A word this much like one that authors use so many times as often is a slip that an author took over from somebody.
_SLIP, _OFTENER = 0.8, 4


def spelt(count: Mapping[str, int], ordinary: Words) -> dict[str, int]:
    """Return word -> how often authors use it without the misspelt words: those must not count as known.

    >>> spelt({"diffusion": 90, "difusion": 9, "logits": 6}, words_of([]))
    {'diffusion': 90, 'logits': 6}
    """
    index = _index(w for w in count if len(w) >= 4)

    def is_slip(word: str) -> bool:
        if len(word) < 5 or word in ordinary:
            return False
        near = {
            k for n in range(len(word) - 2, len(word) + 3) for end in (word[0], "$" + word[-1]) for k in index.get((n, end), ())
        }
        return any(
            count[k] >= _OFTENER * count[word] and OSA.normalized_similarity(word, k, score_cutoff=_SLIP) >= _SLIP for k in near
        )

    return {w: n for w, n in count.items() if not is_slip(w)}


def _apart(tokens: Sequence[Token], i: int) -> bool:
    """Whether more than a hyphen and a space lie between a word and the next: no name runs over a comma."""
    return tokens[i + 1].start - tokens[i].end > 1 and tokens[i + 1].start > tokens[i].start


def _name_like(token: Token, position: int) -> bool:
    """Whether an unknown word looks like a name: capitalised inside a sentence, or letters mixed with digits."""
    word = token.word
    mixed = any(c.isdigit() for c in word) and any(c.isalpha() for c in word)
    if _SIZE.fullmatch(word) or _AMOUNT.fullmatch(word):
        return False
    return mixed or len(word) >= 4


_BETWEEN_HEADS = frozenset({"versus", "or", "and"})


class Cues(msgspec.Struct, frozen=True, dict=True):
    """Cue phrases of tasks or constraints: squashed stems joined by a space -> ids."""

    phrases: dict[str, str]

    @cached_property
    def _reach(self) -> dict[str, int]:
        """First stem of a cue -> how many stems the longest such cue has."""
        found: dict[str, int] = {}
        for phrase in self.phrases:
            first = phrase.partition(" ")[0]
            found[first] = max(found.get(first, 0), phrase.count(" ") + 1)
        return found

    def find(self, stems: Sequence[str]) -> list[tuple[int, int, str]]:
        """Return (start, end, id) of every cue, longest first match, left to right."""
        found = []
        i = 0
        while i < len(stems):
            step = 1
            for n in range(min(self._reach.get(stems[i], 0), len(stems) - i), 0, -1):
                id = self.phrases.get(" ".join(stems[i : i + n]))
                if id is not None:
                    found.append((i, i + n, id))
                    step = n
                    break
            i += step
        return found
