"""From characters to words to features: normalise, split into clauses, stem, and count. The one tokeniser.

Used alike when training and when answering. Nothing here knows an intent or an entity; closed-class English words
(question words, auxiliaries, negations) are grammar, not content.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import cached_property, lru_cache
from itertools import pairwise

import msgspec
import snowballstemmer

from bot.types import Clause, Role, Token

# Longer texts are cut: a question that needs more than this is a document. Characters.
LONGEST = 4000

_STEMMER = snowballstemmer.stemmer("english")
_WORD = re.compile(r"[^\W_]+(?:['’.][^\W_]+)*\+{0,2}", re.UNICODE)
_FLAT = str.maketrans(
    {"’": "'", "‘": "'", "ʼ": "'", "`": "'", "´": "'", "“": '"', "”": '"', "–": "-", "—": "-", "‑": "-", "·": "-"}
)
# Letters of other scripts that look Latin: a name typed with one of them is still that name.
_LOOKALIKE = str.maketrans("аеорсухіјԁһӏѕԛԝαοντικρ", "aeopcyxijdhlsqwaovtikp")
_ENDINGS = ("n't", "'s", "'re", "'ll", "'ve", "'d", "'m")

WH = frozenset(["what", "who", "whom", "whose", "when", "where", "why", "how", "which"])
AUX = frozenset(
    [
        "is",
        "are",
        "was",
        "were",
        "do",
        "does",
        "did",
        "can",
        "could",
        "will",
        "would",
        "should",
        "has",
        "have",
        "had",
        "may",
        "might",
        "must",
        "am",
    ]
)
IMPERATIVE = frozenset(
    [
        "explain",
        "define",
        "describe",
        "compare",
        "list",
        "name",
        "tell",
        "give",
        "show",
        "recommend",
        "suggest",
        "summarize",
        "walk",
    ]
)
NEGATION = frozenset(["not", "never", "cannot", "neither", "nor", "hardly"])
PRONOUNS = frozenset(
    [
        "it",
        "its",
        "they",
        "them",
        "their",
        "this",
        "that",
        "these",
        "those",
        "he",
        "she",
        "him",
        "her",
        "one",
        "ones",
        "both",
        "either",
        "neither",
    ]
)
_TAG = re.compile(
    r"[\s,;:.-]*\b(?:(?:is|are|was|were|do|does|did|can|could|will|would|has|have)(?:n't| not)?\s+"
    r"(?:it|they|he|she|that|we|you|there)"
    r"|right|correct|true|yes|no|yeah|innit|rite|huh|eh|or not|or naw|ok|okay|am i right"
    r"|is that (?:so|right|true|correct)|is it so"
    r"|(?:(?:do|would|don't) you )?(?:agree|disagree)(?: or (?:not|disagree))?|agreed)\s*\??\s*$",
    re.IGNORECASE,
)


class Lexicon(msgspec.Struct, frozen=True, dict=True):
    """Everyday words as authored in `words.yaml`: rewrites of slang, fillers, synonyms (by stem), domain stems,
    lead-ins ("i was wondering"), ids of whole fields ("in machine
    learning" narrows nothing), ids of concepts that are asked of other things ("the context window of X"), what a
    word's stem says goes in or comes out ("photo": image), stems that speak of taking in rather than giving, what opens
    and closes a message for politeness alone ("could you tell me", "thanks"), and concepts that stand for a family of
    systems when other systems are named beside them ("GPT, Claude and Gemini"), and stems by which people ask for a row
    of a comparison ("cheaper": cost), stems of what is asked of a thing in a row ("licence, size"), and stems of wares
    that are no AI ("which camera is best for portraits")."""

    rewrites: dict[str, tuple[str, ...]] = {}
    fillers: frozenset[str] = frozenset()
    synonyms: dict[str, str] = {}
    domain: frozenset[str] = frozenset()
    leadins: frozenset[str] = frozenset()
    leadouts: frozenset[str] = frozenset()
    openers: frozenset[str] = frozenset()
    closers: frozenset[str] = frozenset()
    fields: frozenset[str] = frozenset()
    attributes: frozenset[str] = frozenset()
    media: dict[str, str] = {}
    taking: frozenset[str] = frozenset()
    families: dict[str, str] = {}
    dimensions: dict[str, str] = {}
    foreign: frozenset[str] = frozenset()
    asked: frozenset[str] = frozenset()
    goods: frozenset[str] = frozenset()

    @cached_property
    def classes(self) -> frozenset[str]:
        """What synonyms are rewritten to."""
        return frozenset(self.synonyms.values())


EMPTY = Lexicon()


def clean(text: str) -> str:
    """Return the text with control, invisible and direction characters removed, NFKC-normalised, at most LONGEST long.

    >>> clean("who\\u200b made\\x07 ChatGPT")
    'who made ChatGPT'
    """
    if len(text) > LONGEST:
        text = text[: LONGEST // 2] + "\n" + text[-LONGEST // 2 :]
    if not (text.isascii() and text.isprintable()):
        text = unicodedata.normalize("NFKC", text)
        text = "".join([c if c in "\n\t" or unicodedata.category(c)[0] != "C" else "" for c in text])
    # Voice typing spells it out: "what does a i stand for". Quotes round a word are no part of it: "'base' models".
    plain = _QUOTED.sub(r"\1", text.replace("\t", " ").strip())
    return _BRIEFLY.sub("tldr", _SPELT.sub(r"\1i", plain))


_SPELT = re.compile(r"\b(a) i\b(?!['’])", re.IGNORECASE)
_QUOTED = re.compile(r"(?<!\w)['\"“‘]([a-z][a-z-]*)['\"”’](?=\s\w)")
_BRIEFLY = re.compile(r"\btl ?; ?dr\b", re.IGNORECASE)


@lru_cache(maxsize=50_000)
def stem(word: str) -> str:
    """Return the stem of a lower-case word (Porter 2); words with digits are left as they are."""
    if len(word) < 4 or not word.isalpha():
        return word
    return str(_STEMMER.stemWord(word))


def tokenize(text: str, lexicon: Lexicon = EMPTY) -> tuple[Token, ...]:
    """Return the words of a cleaned text: lower-case, contractions and slang rewritten, fillers left in.

    Hyphens and slashes separate words; a dot inside a number does not ("4.5"). A rewritten word keeps its place.

    >>> [t.word for t in tokenize("What's GPT-4.5?")]
    ['what', 'is', 'gpt', '4.5']
    """
    flat = text.translate(_FLAT)
    tokens: list[Token] = []
    for match in _WORD.finditer(flat):
        raw = match.group()
        word = _fold(raw)
        for piece in _pieces(word, lexicon):
            tokens.append(Token(piece, match.start(), match.end(), raw[:1].isupper()))
    return tuple(tokens)


def _fold(raw: str) -> str:
    word = raw.lower()
    if word.isascii():
        return word
    latin = word.translate(_LOOKALIKE)
    if latin.isascii():
        return latin
    plain = "".join(c for c in unicodedata.normalize("NFD", word) if unicodedata.category(c) != "Mn")
    return plain if plain.isascii() else word


def _pieces(word: str, lexicon: Lexicon) -> tuple[str, ...]:
    rewritten = lexicon.rewrites.get(word)
    if rewritten is not None:
        return rewritten
    if "'" in word:
        for ending in _ENDINGS:
            if word.endswith(ending) and len(word) > len(ending):
                return _contraction(word[: -len(ending)], ending)
        word = word.replace("'", "")
    if "." in word and not word.replace(".", "").isdigit() and not re.search(r"\d\.\d", word):
        parts = tuple(p for p in word.split(".") if p)
        # "e.g." and "a.i." are one word; "end.Next" is two.
        return ("".join(parts),) if all(len(p) == 1 for p in parts) else parts
    return (word,)


def _contraction(base: str, ending: str) -> tuple[str, ...]:
    if ending == "n't":
        return ({"ca": "can", "wo": "will", "sha": "shall"}.get(base, base), "not")
    if ending == "'s":
        # "What's" is "what is"; "OpenAI's" is a possessive, whose s says nothing.
        return (base, "is") if base in WH or base in {"it", "that", "there", "here", "he", "she", "let"} else (base,)
    return (base, {"'re": "are", "'ll": "will", "'ve": "have", "'d": "would", "'m": "am"}[ending])


# ------------------------------------------------------------------------------------------------ clauses


def clauses(text: str, tokens: Sequence[Token], fillers: frozenset[str] = frozenset(), begin: int = 0) -> tuple[Clause, ...]:
    """Return the clauses of a text from token `begin` on, in order: each a question, a claim or context, with its polarity.

    A sentence ends a clause; so does "and" or a comma before a new question ("what is it, and who made it").
    """
    spans = _spans(text, tokens, fillers, begin)
    found: list[Clause] = []
    for start, end in spans:
        last = end - 1
        while last > start and end < len(tokens) and tokens[last].word in JOINING:
            last -= 1
        piece = text[tokens[start].start : tokens[last].end]
        tail_end = tokens[end].start if end < len(tokens) else len(text)
        tail = text[tokens[end - 1].end : tail_end]
        words = [t.word for t in tokens[start:end]]
        if all(w in fillers for w in words) and len(spans) > 1:
            continue
        if found and len(words) == 1 and words[0] in _ASKING and spans[0][0] != start:
            # "Bard was renamed: when?" is one question.
            before = found[-1]
            piece = text[tokens[before.start].start : tokens[last].end]
            found[-1] = msgspec.structs.replace(before, text=piece, role="question", end=end)
            continue
        if found and _only_tag(words):
            # "Their model never errs. At all. Is that so?" asks of the sentence, not of what was put after it.
            last = max(i for i, c in enumerate(found) if c.end - c.start > _AFTERTHOUGHT or i == 0)
            if found[last].role != "question":
                found[last] = msgspec.structs.replace(found[last], role="claim")
            continue
        tagged = _tag(piece) if len(words) > 3 else None
        body = len(tokenize(piece[: tagged.start()])) if tagged else len(words)
        negative = sum(w in NEGATION and not _expects_yes(words, i) for i, w in enumerate(words[:body])) % 2 == 1
        role = _role(words, "?" in tail, bool(tagged), fillers)
        if (
            role == "question"
            and "?" not in tail
            and end < len(tokens)
            and len(words) <= 3
            and not set(words) & (WH | AUX | IMPERATIVE)
        ):
            role = "context"  # "AlphaGo: is that generative AI?" names the topic first
        # "…, right?" makes it a claim; it is no part of what is claimed.
        until = start + body if role == "claim" and 2 <= body < len(words) else end
        found.append(Clause(piece, role, start, until, negative))
    return tuple(found)


def _expects_yes(words: Sequence[str], i: int) -> bool:
    """Whether a "not" only makes a question of it: "aren't they the same", "isn't it an LLM"."""
    return 0 < i < len(words) - 1 and words[i] == "not" and words[i - 1] in AUX and words[i + 1] in PRONOUNS


# What joins a clause to the next one and says nothing itself.
JOINING = frozenset({"and", "or", "but", "also", "plus", "then"})

_TAG_WORDS = frozenset(
    [
        "is",
        "that",
        "it",
        "so",
        "right",
        "true",
        "correct",
        "or",
        "not",
        "no",
        "yes",
        "false",
        "wrong",
        "am",
        "i",
        "a",
        "myth",
        "urban",
        "legend",
        "fact",
        "really",
        "sure",
        "accurate",
        "case",
        "the",
        "agree",
        "agreed",
        "disagree",
        "rubbish",
        "nonsense",
        "do",
        "would",
        "you",
        "should",
        "can",
        "we",
        "this",
        "him",
        "her",
        "them",
        "he",
        "she",
        "they",
        "believe",
        "trust",
        "buy",
        "fiction",
        "stated",
        "said",
        "as",
        "plausible",
        "to",
        "any",
        "truth",
        "in",
        "there",
        "who",
        "here",
        "of",
        "us",
        "them",
        "now",
    ]
)
# One of these makes a clause of nothing but tag words a tag.
_TAGGING = frozenset(["right", "true", "correct", "so", "wrong", "false", "myth", "legend", "accurate", "case"]) | frozenset(
    ["agree", "agreed", "disagree", "rubbish", "nonsense", "believe", "fiction", "plausible", "truth"]
)
_LONGEST_TAG = 7
_AFTERTHOUGHT = 3  # words


# A word that makes a question of the clause before it.
_ASKING = WH | {"definition", "meaning", "explanation", "difference", "differences"}


def _tag(piece: str) -> re.Match[str] | None:
    """Return the tag that ends a piece, but not in "MCP, what is it"."""
    found = _TAG.search(piece)
    before = [t.word for t in tokenize(piece[: found.start()])][-1:] if found else []
    return None if found and before and before[0] in WH else found


def _only_tag(words: Sequence[str]) -> bool:
    return len(words) <= _LONGEST_TAG and all(w in _TAG_WORDS for w in words) and bool(_TAGGING & set(words))


def _spans(text: str, tokens: Sequence[Token], fillers: frozenset[str], begin: int) -> list[tuple[int, int]]:
    spans: list[tuple[int, int]] = []
    start = begin
    for i in range(begin + 1, len(tokens)):
        if tokens[i].start == tokens[i - 1].start:
            continue
        gap = text[tokens[i - 1].end : tokens[i].start]
        if (_ends_sentence(gap) and not _announces(tokens, start, i, gap)) or _new_question(tokens, start, i, gap, fillers):
            spans.append((start, i))
            start = i
    if start < len(tokens):
        spans.append((start, len(tokens)))
    return spans


def _ends_sentence(gap: str) -> bool:
    return any(c in gap for c in "?!;\n") or ". " in gap or ": " in gap or gap.rstrip().endswith("...")


def _announces(tokens: Sequence[Token], start: int, i: int, gap: str) -> bool:
    """Whether a colon only announces what the words before it are asked of ("years for: GPT-2, BERT")."""
    if ":" not in gap or i - start > _ANNOUNCING:
        return False
    ordering = tokens[start].word in {"order", "sort", "put", "rank", "compare", "explain", "define", "describe", "eli5"}
    return ordering or tokens[i - 1].word in {"for", "of", "between", "by"}


_ANNOUNCING = 6  # tokens

_BEFORE_WH = frozenset({"since", "until", "in", "at", "by", "for", "with", "on", "from", "of", "to", "under"})


def _new_question(tokens: Sequence[Token], start: int, i: int, gap: str, fillers: frozenset[str]) -> bool:
    """Whether a fresh question opens at token `i`, after "and" or a comma, while the clause so far asks one already."""
    word = tokens[i].word
    before = i - 1
    while before > start and tokens[before].word in fillers:
        before -= 1
    joint = tokens[before].word in {"and", "also", "plus", "then", "but"} or "," in gap or " - " in gap
    if tokens[before].word == "and" and word in _BEFORE_WH and i + 1 < len(tokens) and tokens[i + 1].word in WH:
        word = tokens[i + 1].word  # "who released it, and in what sizes"
    if not joint or i - start < 3 or word not in WH | AUX:
        return False
    left = {t.word for t in tokens[start : min(i, start + 6)]}
    if not left & (WH | AUX | IMPERATIVE):
        return False
    if word in AUX:
        # ", is it" at the end is a tag, not a question of its own.
        return (
            len(tokens) - i > 3
            or tokens[before].word == "and"
            or (len(tokens) - i > 2 and word in {"is", "are"} and not {"it", "not"} & {tokens[i + 1].word})
        )
    return len(tokens) - i >= 2


def _role(words: Sequence[str], asked: bool, tagged: bool, fillers: frozenset[str]) -> Role:
    head = [w for w in words[:4] if w not in JOINING and w not in fillers and w not in ("so", "well")][:1]
    opens = bool(head) and (head[0] in WH or head[0] in AUX or head[0] in IMPERATIVE)
    if tagged and not opens:
        return "claim"
    if asked or opens or WH & set(words):
        return "question"
    if len(words) <= 4:
        return "question"
    if set(words) & (AUX - {"have", "has", "had"}) or set(words) & NEGATION:
        return "claim"
    return "context"


# ------------------------------------------------------------------------------------------------ features


def features(words: Sequence[str], lexicon: Lexicon = EMPTY, apart: int = 4, pair: float = 0.35) -> dict[str, float]:
    """Return feature -> count of a masked utterance: stems, their synonym classes, bigrams and pairs up to `apart` apart.

    Masks (words starting with @ or #) are kept as they are. Weights: 1, .7, .5, `pair`; all were measured.
    """
    stems = [w if w[:1] in "@#" else stem(w) for w in words]
    found: dict[str, float] = {}
    for s in stems:
        found[s] = found.get(s, 0.0) + 1.0
    classes = [lexicon.synonyms.get(s, s) for s in stems]
    for s, c in zip(stems, classes, strict=True):
        if c != s or c in lexicon.classes:
            found["~" + c] = found.get("~" + c, 0.0) + 0.7
    marked = ["^", *classes, "$"]
    for a, b in pairwise(marked):
        found[f"{a} {b}"] = 0.5
    for i, a in enumerate(classes):
        for b in classes[i + 2 : i + apart + 1]:
            found[f"{a}..{b}" if a < b else f"{b}..{a}"] = pair
    return found


def content_words(words: Iterable[str]) -> list[str]:
    """Return the words that carry meaning: no closed-class words, no masks."""
    return [w for w in words if w not in STOP and w[:1] not in "@#"]


STOP = (
    WH
    | AUX
    | PRONOUNS
    | frozenset(
        [
            "a",
            "an",
            "the",
            "and",
            "or",
            "but",
            "if",
            "of",
            "to",
            "in",
            "on",
            "at",
            "by",
            "for",
            "from",
            "with",
            "about",
            "as",
            "into",
            "than",
            "then",
            "so",
            "be",
            "been",
            "being",
            "i",
            "you",
            "we",
            "my",
            "your",
            "our",
            "me",
            "us",
            "there",
            "here",
            "some",
            "any",
            "all",
            "more",
            "most",
            "other",
            "such",
            "only",
            "own",
            "same",
            "too",
            "very",
            "just",
            "also",
            "does",
            "did",
            "doing",
            "having",
            "not",
            "no",
            "nor",
            "own",
            "up",
            "down",
            "out",
            "over",
            "under",
            "again",
            "once",
            "because",
            "while",
            "until",
            "during",
            "before",
            "after",
            "above",
            "below",
            "between",
            "through",
        ]
    )
)
