"""Fit the ranker and the retrieval index. The only importer of scikit-learn; never imported when answering."""

from __future__ import annotations

import math
from array import array
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from itertools import product

import msgspec
import numpy as np
from scipy.sparse import csr_matrix

from bot import learn, pattern, retrieval, understand, vectors
from bot import text as text_
from bot.content import Content
from bot.knowledge import Knowledge
from bot.learn import Example as Example
from bot.learn import Recipe
from bot.ranker import ROWS, Ranker, fingerprint, intent_evidence, row_of, statement_evidence
from bot.retrieval import Centroids, Index, entity_weights
from bot.text import stem, tokenize
from bot.types import Intent, Line
from bot.understand import MASK, Lookup

# Slots are masked here, so a sentence's letters would be the masks'.
RECIPE = Recipe()
OPEN = "open"
NONE = "none"
# A statement's ask counts this much as a question that no intent is meant by: many could be answered by one as well.
OPEN_WEIGHT = 0.15
# Lines on which each calibration is fitted, about: four or five numbers do not need more.
CALIBRATE_ON = 1200
# A line that names a concept outright teaches nothing where no more words than this are left of it.
SHORT = 4
# Sentences one authored line may become: more makes long patterns drown short ones.
PER_LINE = 8
# Sentences of a line without slots that are known word for word.
EVERY = 64
# One or two statements have no others to be told from: their share says nothing, only how near the nearest line is.
FEW_STATEMENTS = (-3.0, 0.0, 4.0, 3.0, 2.0)
# Sentences of statements known word for word, in all: a small content can know each one that its patterns stand for.
TOLD = 80_000


def masked_sentences(
    line: str, intent: Intent | None, look: Lookup, most: int = PER_LINE
) -> list[tuple[tuple[str, ...], tuple[str, ...]]]:
    """Return what one authored line becomes: masked sentences and the concepts each names outright.

    Patterns are expanded, slots replaced by the masks of their kinds.
    """
    found: dict[tuple[tuple[str, ...], tuple[str, ...]], None] = {}
    # Where the talk's focus may fill a slot, people say "it": learn the sentence so too.
    masks = {s.name: sorted({MASK[k] for k in s.kinds}) + ["it"] * (s.default == "focus") for s in intent.slots} if intent else {}
    sentences = pattern.expand(line, most)
    for number, sentence in enumerate(sentences):
        names = pattern.slots_of(sentence)
        # Things that are compared are alike: one mask for every place of a slot.
        distinct = list(dict.fromkeys(names))
        picks = [dict(zip(distinct, combo, strict=True)) for combo in product(*(masks[n] for n in distinct))]
        combos = [tuple(pick[n] for n in names) for pick in picks]
        # Every sentence with every mask would multiply out; walking the combinations in turn covers all pairs soon.
        chosen = combos if len(sentences) * len(combos) <= most * 3 else [combos[number % len(combos)]]
        for combo in chosen:
            found.setdefault(_masked(sentence, names, combo, look), None)
    return [f for f in found if f[0]]


def _masked(sentence: str, names: Sequence[str], combo: Sequence[str], look: Lookup) -> tuple[tuple[str, ...], tuple[str, ...]]:
    text = sentence
    for name, shown in zip(names, combo, strict=True):
        # A placeholder that survives tokenising and is no name: letters only.
        if shown == "it":
            text = text.replace("{" + name + "}", "it", 1)
            continue
        text = text.replace("{" + name + "}", f" zqmask{'sotcx'[['@s', '@o', '#task', '@c', '@u'].index(shown)]} ", 1)
    tokens = tokenize(text, look.lexicon)
    back = {"zqmasks": "@s", "zqmasko": "@o", "zqmaskt": "#task", "zqmaskc": "@c", "zqmaskx": "@u"}
    mentions, _ = look.gazetteer.find(tokens, 2.0)
    words = [t.word for t in tokens]
    covered = {p for m in mentions for p in range(m.start, m.end)}
    tasks = look.tasks.find(["" if i in covered else stem(w) for i, w in enumerate(words)])
    masked = understand.mask(words, mentions, tasks, (), look, 0, len(words))
    named = tuple(m.entity for m in mentions if look.kinds[m.entity] == "concept")
    return tuple(back.get(w, w) for w in masked), named


def _masked_meaning(masked: Sequence[str]) -> bytes:
    return vectors.meaning(w for w in masked if w[:1] not in "@#")


def examples(content: Content, look: Lookup) -> list[Example]:
    """Return all training sentences: of the intents, and of the statements as the class OPEN."""
    found: list[Example] = []
    for intent in content.intents.values():
        for line in intent.examples:
            found += line_examples(line, intent, look)
    for statement in content.statements.values():
        for number, ask in enumerate((statement.question, *statement.asks, *statement.claims)):
            for masked, _ in masked_sentences(ask, None, look, 3):
                features = text_.features(masked, look.lexicon)
                found.append(Example(features, _masked_meaning(masked), OPEN, f"{statement.place}#{number}"))
    return found


def line_examples(line: Line, intent: Intent, look: Lookup) -> list[Example]:
    """Return the training sentences of one authored line."""
    found = []
    for masked, named in masked_sentences(line.text, intent, look):
        if set(named) - look.lexicon.attributes and len(masked) <= SHORT:
            continue  # "is {subject} multimodal" is left with "is @s @c", which anything could be asked by
        found.append(Example(text_.features(masked, look.lexicon), _masked_meaning(masked), intent.name, line.place))
    return found


def _matrix(found: Sequence[Example], idf: np.ndarray) -> csr_matrix:
    """Return sentences x (ROWS + DIMENSIONS): normalised tf-idf of hashed features, then the meaning."""
    return learn.matrix(learn.counts(found, RECIPE.letters), [e.meaning for e in found], idf, RECIPE.sense)


def _idf(found: Sequence[Example]) -> np.ndarray:
    count = np.zeros(ROWS)
    for example in found:
        for row in {row_of(f) for f in example.features}:
            count[row] += 1
    # Pairs and bigrams seen once are noise.
    return np.where(count > 0, np.log((1 + len(found)) / (1 + count)) + 1.0, 0.0)


def fit_ranker(found: Sequence[Example], near: Index, progress: Callable[[str], None]) -> Ranker:
    """Return the trained, quantised ranker and its calibration, fitted on folds that never split an authored line.

    Sentences of the class OPEN (statements' asks) are not learned: they are asked in the same words as intents are.
    They only teach the calibration how an intent looks that is not meant.
    """
    progress("weighing words")
    foreign = [e for e in found if e.intent == OPEN]
    found = [e for e in found if e.intent != OPEN]
    idf = _idf(found)
    x = _matrix(found, idf)
    names = sorted({e.intent for e in found})
    at = {n: i for i, n in enumerate(names)}
    y = np.array([at[e.intent] for e in found])
    # Each line counts once, however many sentences it becomes.
    lines = Counter(e.line for e in found)
    weight = np.array([1.0 / math.sqrt(lines[e.line]) for e in found])
    progress("training")
    learner = learn.fit(x, y, len(names), RECIPE, weight)
    progress("calibrating")
    held_out = _held_out(x, y, weight, [e.line for e in found], len(names))
    temperature = learn.temperature(held_out, y)
    weights, scales = learn.quantised(learner.coef[:, :ROWS])
    senses, sense_scales = learn.quantised(learner.coef[:, ROWS:])
    return Ranker(
        intents=tuple(names),
        weights=weights,
        scales=scales,
        senses=senses,
        sense_scales=sense_scales,
        idf=idf.astype(np.float32).tobytes(),
        bias=tuple(round(float(b), 6) for b in learner.bias),
        temperature=temperature,
        exact=_exact(found, at),
        calibration=_calibrate_intents(
            [*found, *foreign],
            names,
            np.vstack([held_out, learner.scores(_matrix(foreign, idf))]) if foreign else held_out,
            temperature,
            near,
        ),
    )


def _exact(found: Sequence[Example], at: dict[str, int]) -> dict[str, int]:
    """Return fingerprint -> intent of the masked sentences that one intent alone has; "none of ours" gives way."""
    owners: dict[str, set[int]] = defaultdict(set)
    for example in found:
        if example.intent != NONE:
            owners[fingerprint(example.features)].add(at[example.intent])
    for example in found:
        if example.intent == NONE:
            owners[fingerprint(example.features)] = owners[fingerprint(example.features)] or {at[NONE]}
    return {print_: next(iter(which)) for print_, which in sorted(owners.items()) if len(which) == 1}


def with_requests(ranker: Ranker, content: Content, look: Lookup) -> Ranker:
    """Return the ranker knowing every sentence that lines without slots and names stand for.

    "Say that again", "which of the two came first": no name tells them from other small words; what an author wrote is
    all there is to know them by.
    """
    exact = dict(ranker.exact)
    for number, name in enumerate(ranker.intents):
        intent = content.intents.get(name)
        for line in intent.examples if intent and intent.act != "none" else ():
            if "{" in line.text:
                continue
            for masked, _ in masked_sentences(line.text, intent, look, EVERY):
                if any(w[:1] in "@#" for w in masked):
                    continue  # it names something after all: many questions are left with the same words
                exact.setdefault(fingerprint(text_.features(masked, look.lexicon)), number)
    return msgspec.structs.replace(ranker, exact=exact)


FOLDS = 2


def _held_out(x: csr_matrix, y: np.ndarray, weight: np.ndarray, lines: Sequence[str], classes: int) -> np.ndarray:
    """Return each sentence's scores by a ranker that never saw its authored line: rows x classes."""
    order = {line: i for i, line in enumerate(sorted(set(lines)))}
    fold = np.array([order[line] % FOLDS for line in lines])
    scores = np.full((x.shape[0], classes), -2.0)
    for part in range(FOLDS):
        train, test = fold != part, fold == part
        if len(set(y[train])) < 2 or not test.any():
            continue
        scores[test] = learn.fit(x[train], y[train], classes, RECIPE, weight[train]).scores(x[test])
    return scores


def _calibrate_intents(
    found: Sequence[Example], names: Sequence[str], scores: np.ndarray, temperature: float, near: Index
) -> tuple[float, ...]:
    """Fit P(the best intent is right) on held-out sentences: from its share, the open class, and the nearest other line."""
    z = scores * temperature
    odds = np.exp(z - z.max(axis=1, keepdims=True))
    shares = odds / odds.sum(axis=1, keepdims=True)
    skip = [i for i, n in enumerate(names) if n == NONE]
    typed = [i for i in range(len(names)) if i not in skip]
    seen: Counter[str] = Counter()
    inputs, labels, weights = [], [], []
    every = max(1, len({e.line for e in found}) // CALIBRATE_ON)
    for number, example in enumerate(found):
        seen[example.line] += 1
        if seen[example.line] > 1 or len(seen) % every:
            continue
        best = max(typed, key=lambda i: shares[number, i])
        closest = near.search(example.features, 40, without=example.line)
        mine = next((hit.score for hit in closest if hit.owner == names[best]), 0.0)
        off = float(sum(shares[number, i] for i in skip))
        inputs.append(intent_evidence(float(shares[number, best]), off, mine))
        labels.append(int(names[best] == example.intent))
        weights.append(OPEN_WEIGHT if example.intent == OPEN else 1.0)
    return learn.logistic(inputs, labels, weights)


def fit_statements(index: Index, lines: Sequence[Query], foreign: Sequence[Query]) -> tuple[Centroids, tuple[float, ...]]:
    """Return the centroids of the statements and their calibration: P(the best statement is the one meant).

    Each line is held against centroids without itself; `foreign` lines (of intents and of none) teach how a question
    looks that no statement answers.
    """
    ids = sorted(set(index.owners))
    if not ids:
        return Centroids((), b"", b"", b"", 1.0), FEW_STATEMENTS
    at = {id: i for i, id in enumerate(ids)}
    owners = np.array([at[o] for o in index.owners])
    member = csr_matrix((np.ones(len(owners)), (owners, np.arange(len(owners)))), shape=(len(ids), len(owners)))
    rows = _index_matrix(index)
    senses = np.frombuffer(index.meanings, dtype=np.int8).reshape(len(owners), -1) / 127
    words, meant = (member @ rows).tocsr(), member @ senses
    norms = np.sqrt(
        np.asarray(words.multiply(words).sum(axis=1)).ravel() + retrieval.SENSE_INPUT**2 * (meant * meant).sum(axis=1)
    )
    if len(ids) < 3:
        return _centroids(ids, owners, meant, norms, 1.0), FEW_STATEMENTS
    # An index row is a line: look its line up without itself.
    scores = _centroid_scores(rows, senses, words, meant, norms)
    own = 1.0 + retrieval.SENSE_INPUT**2 * (senses * senses).sum(axis=1)
    each = np.arange(len(owners))
    without = scores[each, owners] * norms[owners] - own
    scores[each, owners] = without / np.sqrt(np.maximum(norms[owners] ** 2 - 2 * without - own, 1e-6))
    some = slice(None, None, max(1, len(owners) // CALIBRATE_ON))
    temperature = learn.temperature(scores[some], owners[some])
    centroids = _centroids(ids, owners, meant, norms, temperature)
    by_line = {q.line: q for q in lines}
    outside = _statement_matrix(index, foreign)
    features = len(index.features)
    far = _centroid_scores(outside[:, :features], outside[:, features:].toarray() / retrieval.SENSE_INPUT, words, meant, norms)
    shares = _softmax(np.vstack([scores, far]) * temperature)
    asked = [by_line[line] for line in index.lines]
    return centroids, _calibrate_statements(index, [*asked, *foreign], shares, ids)


def _centroids(ids: Sequence[str], owners: np.ndarray, meant: np.ndarray, norms: np.ndarray, temperature: float) -> Centroids:
    return Centroids(
        tuple(ids),
        owners.astype(np.uint16).tobytes(),
        meant.astype(np.float32).tobytes(),
        norms.astype(np.float32).tobytes(),
        temperature,
    )


def _index_matrix(index: Index) -> csr_matrix:
    """Return an index's rows x features as a matrix."""
    starts = np.frombuffer(index.starts, dtype=np.uint32)
    columns = np.repeat(np.arange(len(index.features)), np.diff(starts))
    rows = np.frombuffer(index.rows, dtype=np.uint16).astype(int)
    weights = np.frombuffer(index.weights, dtype=np.float32).astype(float)
    return csr_matrix((weights, (rows, columns)), shape=(len(index.owners), len(index.features)))


def _centroid_scores(rows: csr_matrix, senses: np.ndarray, words: csr_matrix, meant: np.ndarray, norms: np.ndarray) -> np.ndarray:
    """Return lines x statements: the dot product with each summed statement over the sum's length."""
    scores: np.ndarray = ((rows @ words.T).toarray() + retrieval.SENSE_INPUT**2 * (senses @ meant.T)) / norms
    return scores


def _softmax(z: np.ndarray) -> np.ndarray:
    odds = np.exp(z - z.max(axis=1, keepdims=True))
    shares: np.ndarray = odds / odds.sum(axis=1, keepdims=True)
    return shares


def _statement_matrix(index: Index, lines: Sequence[Query]) -> csr_matrix:
    """Return lines x (features + DIMENSIONS): normalised tf-idf, then the meaning."""
    idf = np.frombuffer(index.idf, dtype=np.float32)
    data, indices, starts = [], [], [0]
    for q in lines:
        found = [(i, v * float(idf[i])) for f, v in q.features.items() if (i := index._at.get(f)) is not None]
        norm = math.sqrt(sum(w * w for _, w in found)) or 1.0
        for i, w in found:
            indices.append(i)
            data.append(w / norm)
        for d, v in enumerate(memoryview(q.meaning).cast("b")):
            indices.append(len(index.features) + d)
            data.append(retrieval.SENSE_INPUT * v / 127)
        starts.append(len(indices))
    return csr_matrix((data, indices, starts), shape=(len(lines), len(index.features) + vectors.DIMENSIONS))


def _calibrate_statements(index: Index, lines: Sequence[Query], shares: np.ndarray, ids: Sequence[str]) -> tuple[float, ...]:
    inputs, labels = [], []
    for number in range(0, len(lines), max(1, len(lines) // CALIBRATE_ON)):
        query, share = lines[number], shares[number]
        best = int(share.argmax())
        hits = {h.owner: h for h in index.search(query.features, 40, without=query.line, meaning=query.meaning)}
        hit = hits.get(ids[best])
        score, sense = (hit.score, hit.sense) if hit else (0.0, 0.0)
        inputs.append(statement_evidence(float(share[best]), score, sense))
        labels.append(int(query.owner == ids[best]))
    return learn.logistic(inputs, labels)


# ------------------------------------------------------------------------------------------------ retrieval


class Query:
    """A line to look up when calibrating retrieval: `owner` is the statement it belongs to, "" for other lines."""

    __slots__ = ("features", "line", "meaning", "owner")

    def __init__(self, features: dict[str, float], meaning: bytes, owner: str, line: str) -> None:
        self.features = features
        self.meaning = meaning
        self.owner = owner
        self.line = line


def fit_near(found: Sequence[Example]) -> Index:
    """Return the index of the intents' authored lines, by which the nearest example of a question is found."""
    lines: dict[str, list[Example]] = {}
    for example in found:
        if example.intent != OPEN:
            lines.setdefault(example.line, []).append(example)
    rows = []
    for sentences in lines.values():
        # A line's variants are rows of their own up to four: an average is near to none of them.
        for example in sentences[:: max(1, len(sentences) // 4)][:4]:
            rows.append((example.intent, example.line, {f: v for f, v in example.features.items() if ".." not in f}))
    return _index([r[0] for r in rows], [r[1] for r in rows], [r[2] for r in rows], bytes(len(rows)), ())


def queries(content: Content, look: Lookup) -> tuple[list[Query], list[Query]]:
    """Return the lines statements are learned from, and lines of intents, which no statement answers."""
    knowledge = Knowledge(content)
    lines = []
    for statement in content.statements.values():
        for ask in (statement.question, *statement.asks, *statement.claims):
            sentence = pattern.expand(ask, 1)[0]
            lines.append(Query(_query_features(sentence, look, knowledge), _line_meaning([sentence], look), statement.id, ask))
    foreign = []
    for intent in content.intents.values():
        for line in intent.examples:
            sentence = pattern.expand(line.text, 1)[0]
            for name in pattern.slots_of(sentence):
                sentence = sentence.replace("{" + name + "}", _STAND_IN.get(name, "chatgpt"))
            foreign.append(Query(_query_features(sentence, look, knowledge), _line_meaning([sentence], look), "", line.text))
    return lines, foreign


# What stands in a slot when an intent's line is looked up as a foreign question.
_STAND_IN = {"category": "llm", "task": "pictures", "company": "openai", "things": "gpt-4"}


def _query_features(sentence: str, look: Lookup, knowledge: Knowledge) -> dict[str, float]:
    return _line_features(sentence, (), look, knowledge)


def fit_index(content: Content, look: Lookup) -> Index:
    """Return the retrieval index over the statements' questions, asks and claims."""
    knowledge = Knowledge(content)
    owners: list[str] = []
    lines: list[str] = []
    rows: list[dict[str, float]] = []
    meanings: list[bytes] = []
    negative = bytearray()
    for statement in content.statements.values():
        seen: set[str] = set()
        for ask in (statement.question, *statement.asks, *statement.claims):
            variants = pattern.expand(ask, 6)
            averaged: defaultdict[str, float] = defaultdict(float)
            for sentence in variants:
                for feature, value in _line_features(sentence, statement.about, look, knowledge).items():
                    averaged[feature] += value / len(variants)
            if not averaged or ask in seen:
                continue
            seen.add(ask)
            owners.append(statement.id)
            lines.append(ask)
            meanings.append(_line_meaning(variants, look))
            rows.append(dict(averaged))
            negative.append(_negative(variants[0]))
    index = _index(owners, lines, rows, bytes(negative), meanings)
    return msgspec.structs.replace(index, exact=_told(content, look))


def _told(content: Content, look: Lookup) -> dict[str, str]:
    """Return fingerprint -> statement of the authored lines that one statement alone has."""
    found: dict[str, set[str]] = defaultdict(set)
    lines = [line for s in content.statements.values() for line in (s.question, *s.asks, *s.claims)]
    patterns = sum("(" in line or "[" in line for line in lines)
    each = max(4, min(64, TOLD // max(patterns, 1)))
    for statement in content.statements.values():
        for ask in (statement.question, *statement.asks, *statement.claims):
            for sentence in pattern.expand(ask, each):
                # "… what you know" loses its end when it is asked, so it is known without it.
                words = understand.without_leadin([t.word for t in tokenize(sentence, look.lexicon)], look)
                found[retrieval.fingerprint(words, look.lexicon)].add(statement.id)
    return {key: next(iter(ids)) for key, ids in sorted(found.items()) if len(ids) == 1}


def _line_meaning(variants: Sequence[str], look: Lookup) -> bytes:
    """Return the meaning of a line: the sum over its variants' words, fillers left out."""
    words = [t.word for v in variants for t in tokenize(v, look.lexicon) if t.word not in look.lexicon.fillers]
    return vectors.meaning(words)


def _negative(sentence: str) -> bool:
    words = [t.word for t in tokenize(sentence)]
    return sum(w in text_.NEGATION for w in words) % 2 == 1


def _line_features(sentence: str, about: Sequence[str], look: Lookup, knowledge: Knowledge) -> dict[str, float]:
    tokens = tokenize(sentence, look.lexicon)
    mentions, _ = look.gazetteer.find(tokens, 2.0)
    covered = {p for m in mentions for p in range(m.start, m.end)}
    words = [t.word for i, t in enumerate(tokens) if i not in covered and t.word not in look.lexicon.fillers]
    up = {m.entity: knowledge.ancestors(m.entity) for m in mentions}
    weights = entity_weights(mentions, up)
    # What the statement is about counts a little even where this line does not name it.
    named = {id for id, _ in weights}
    weights += [(id, 0.25) for id in about if id not in named]
    return retrieval.features(words, weights, look.lexicon)


def _index(
    owners: Sequence[str],
    lines: Sequence[str],
    rows: Sequence[dict[str, float]],
    negative: bytes,
    meanings: Sequence[bytes],
) -> Index:
    count = Counter(f for row in rows for f in row)
    names = sorted(count)
    total = len(rows)
    idf = {f: math.log((1 + total) / (1 + count[f])) + 0.6 for f in names}
    postings: defaultdict[str, list[tuple[int, float]]] = defaultdict(list)
    masses = array("f")
    for number, row in enumerate(rows):
        weighted = {f: v * idf[f] for f, v in row.items()}
        norm = math.sqrt(sum(w * w for w in weighted.values())) or 1.0
        masses.append(sum((w / norm) ** 2 for f, w in weighted.items() if f[:2] != "e:" and " " not in f and f[0] != "?"))
        for f, w in weighted.items():
            postings[f].append((number, w / norm))
    starts, row_ids, weights = array("I", [0]), array("H"), array("f")
    for f in names:
        for number, w in postings[f]:
            row_ids.append(number)
            weights.append(w)
        starts.append(len(row_ids))
    return Index(
        features=tuple(names),
        idf=array("f", [idf[f] for f in names]).tobytes(),
        starts=starts.tobytes(),
        rows=row_ids.tobytes(),
        weights=weights.tobytes(),
        owners=tuple(owners),
        lines=tuple(lines),
        negative=negative,
        masses=masses.tobytes(),
        meanings=b"".join(m or bytes(vectors.DIMENSIONS) for m in meanings),
        rarest=max(idf.values(), default=1.0),
    )


def core_of(found_words: Iterable[Iterable[str]]) -> dict[str, float]:
    """Return stem -> idf over the authored lines: what counts as a word of the content's subject."""
    count: Counter[str] = Counter()
    total = 0
    for words in found_words:
        total += 1
        count.update({stem(w) for w in words if w not in text_.STOP})
    return {s: round(math.log((1 + total) / (1 + n)) + 1.0, 3) for s, n in sorted(count.items())}
