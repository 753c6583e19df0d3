"""Train `bot.joint`: softmax regression by mini-batches (AdaGrad, Duchi et al. 2011) over all authored lines. Author time only.

A line of an intent stands for questions about anything that fits its slots, so its slots are filled with names in turn:
else every name would speak for a statement.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import count

import msgspec
import numpy as np
from scipy.sparse import csr_matrix

from bot import described, joint, pattern, vectors
from bot.content import Content
from bot.joint import ROWS, Joint
from bot.knowledge import Knowledge
from bot.types import Clause
from bot.understand import Lookup, hear, read

# Sentences that a line of an intent, and of a statement, becomes.
PER_INTENT_LINE = 8
PER_STATEMENT_LINE = 12
# A feature of so few sentences is noise, where there are many: 1 in small content, up to LEAST_SEEN.
LEAST_SEEN = 8
PER_SEEN = 4000
EPOCHS = 8
BATCH = 2048
DESCRIBED_BATCH = 512
RATE = 0.3
SHRINK = 1e-5
# Smaller weights are left out: nothing was lost without them on held-out questions, and nine in ten go.
PRUNED = 0.15
STATEMENT = "statement:"


class Sentence(msgspec.Struct, frozen=True):
    """A training sentence: row -> value, its meaning, the answer it asks for, and what it counts."""

    rows: dict[int, float]
    meaning: bytes
    answer: str
    weight: float


def fit(content: Content, look: Lookup) -> Joint:
    """Return the joint model of the content's intents and statements."""
    return _fitted(list(sentences(content, look)), BATCH)


def fit_described(content: Content, look: Lookup) -> Joint:
    """Return the model of `bot.described`: which entity a description is of."""
    return _fitted(list(_descriptions(content, look)), DESCRIBED_BATCH)


def _fitted(found: Sequence[Sentence], batch: int) -> Joint:
    answers = sorted({s.answer for s in found})
    if len(answers) < 2:
        return Joint()
    at = {a: i for i, a in enumerate(answers)}
    y = np.array([at[s.answer] for s in found])
    idf = _idf(found)
    used = np.flatnonzero(idf)
    x = _matrix(found, idf, used)
    meant = np.zeros((len(found), vectors.DIMENSIONS), dtype=np.float32)
    for number, sentence in enumerate(found):
        if sentence.meaning:
            meant[number] = np.frombuffer(sentence.meaning, dtype=np.int8) * (joint.SENSE / 127)
    weight = np.array([s.weight for s in found], dtype=np.float32)
    coef, senses, bias = _train(x, meant, y, weight, len(answers), batch)
    return _packed(answers, idf, used, coef, senses, bias)


def sentences(content: Content, look: Lookup) -> Iterator[Sentence]:
    """Yield every authored line as the sentences it stands for, read as a question would be."""
    knowledge = Knowledge(content)
    names = Names(content)
    for intent in content.intents.values():
        kinds = {s.name: s.kinds for s in intent.slots}
        for line in intent.examples:
            texts = [names.fill(t, kinds) for t in pattern.expand(line.text, PER_INTENT_LINE)]
            yield from _read(texts, intent.name, look, knowledge)
    for statement in content.statements.values():
        for ask in (statement.question, *statement.asks, *statement.claims):
            yield from _read(pattern.expand(ask, PER_STATEMENT_LINE), STATEMENT + statement.id, look, knowledge)


def _descriptions(content: Content, look: Lookup) -> Iterator[Sentence]:
    for entity in content.entities.values():
        for line in entity.described:
            for text in pattern.expand(line, PER_STATEMENT_LINE):
                heard = hear(text, look, 2.0)
                whole = Clause(heard.text, "question", 0, len(heard.tokens), False)
                words = described.words_of(heard, read(heard, whole, look), look.lexicon)
                if words:
                    yield Sentence(described.rows(words, look.lexicon), vectors.meaning(words), entity.id, 1.0)


def _read(texts: Sequence[str], answer: str, look: Lookup, knowledge: Knowledge) -> Iterator[Sentence]:
    for text in texts:
        heard = hear(text, look, 2.0)
        whole = Clause(heard.text, "question", 0, len(heard.tokens), False)
        reading = read(heard, whole, look)
        with_names = joint.named(heard, reading, look.lexicon, knowledge.ancestors)
        found = joint.rows(with_names, joint.masked(heard, reading, look.lexicon))
        yield Sentence(found, joint.meaning(heard, reading, look.lexicon), answer, 1 / math.sqrt(len(texts)))


class Names:
    """Names to fill slots with, one after the other, by kind."""

    def __init__(self, content: Content) -> None:
        self._of: dict[str, list[str]] = {}
        for entity in content.entities.values():
            self._of.setdefault(entity.kind, []).append(entity.name)
        self._of["task"] = [pattern.expand(t.cues[0], 1)[0] for t in content.tasks.values() if t.cues]
        self._turn = count()

    def fill(self, text: str, kinds: Mapping[str, Sequence[str]]) -> str:
        """Return the sentence with a name in each slot; a kind nobody has leaves "it"."""
        for slot in pattern.slots_of(text):
            fitting = [k for k in kinds.get(slot, ()) if self._of.get(k)]
            turn = next(self._turn)
            # Steps of a prime walk through a kind without meeting the same neighbours again.
            name = self._of[fitting[turn % len(fitting)]] if fitting else ["it"]
            text = text.replace("{" + slot + "}", name[turn * 31 % len(name)], 1)
        return text


def _idf(found: Sequence[Sentence]) -> np.ndarray:
    seen = np.zeros(ROWS)
    for sentence in found:
        seen[list(sentence.rows)] += 1
    least = min(LEAST_SEEN, 1 + len(found) // PER_SEEN)
    idf = np.where(seen >= least, np.log((1 + len(found)) / (1 + seen)) + 0.6, 0.0)
    # As stored, so that training and answering multiply the same numbers.
    return idf.astype(np.float32)


def _matrix(found: Sequence[Sentence], idf: np.ndarray, used: np.ndarray) -> csr_matrix:
    """Return sentences x used rows, each sentence of length 1."""
    place = np.full(ROWS, -1)
    place[used] = np.arange(len(used))
    data: list[float] = []
    columns: list[int] = []
    starts = [0]
    for sentence in found:
        weighted = [(int(place[r]), v * float(idf[r])) for r, v in sentence.rows.items() if idf[r]]
        norm = math.sqrt(sum(w * w for _, w in weighted)) or 1.0
        columns += [c for c, _ in weighted]
        data += [w / norm for _, w in weighted]
        starts.append(len(columns))
    return csr_matrix((np.array(data, dtype=np.float32), columns, starts), shape=(len(found), len(used)))


def _train(
    x: csr_matrix, meant: np.ndarray, y: np.ndarray, weight: np.ndarray, classes: int, batch_size: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the weights of rows, of meanings, and the bias: each x classes."""
    rng = np.random.default_rng(0)
    learned = [np.zeros((n, classes), dtype=np.float32) for n in (x.shape[1], meant.shape[1], 1)]
    coef, senses, bias = learned
    squares, sense_squares, bias_squares = (np.full_like(table, 1e-6) for table in learned)
    for _ in range(EPOCHS):
        order = rng.permutation(x.shape[0])
        for start in range(0, len(order), batch_size):
            batch = order[start : start + batch_size]
            words, senses_of = x[batch], meant[batch]
            p = _probabilities(words @ coef + senses_of @ senses + bias)
            p[np.arange(len(batch)), y[batch]] -= 1
            p *= weight[batch][:, None]
            columns = np.unique(words.indices)
            step = words[:, columns].T @ p
            step += SHRINK * len(batch) * coef[columns]
            seen = squares[columns] + step * step
            squares[columns] = seen
            coef[columns] -= RATE * step / np.sqrt(seen)
            step = senses_of.T @ p + SHRINK * len(batch) * senses
            sense_squares += step * step
            senses -= RATE * step / np.sqrt(sense_squares)
            step = p.sum(axis=0, keepdims=True)
            bias_squares += step * step
            bias -= 0.3 * RATE * step / np.sqrt(bias_squares)
    return coef, senses, bias[0]


def _probabilities(z: np.ndarray) -> np.ndarray:
    z -= z.max(axis=1, keepdims=True)
    np.exp(z, out=z)
    z /= z.sum(axis=1, keepdims=True)
    return z


def _packed(
    answers: Sequence[str], idf: np.ndarray, used: np.ndarray, coef: np.ndarray, senses: np.ndarray, bias: np.ndarray
) -> Joint:
    scale = float(max(np.abs(coef).max(), 1e-6) / 127)
    small = np.round(np.where(np.abs(coef) >= PRUNED, coef, 0) / scale).astype(np.int8)
    kept, columns = np.nonzero(small)
    lengths = np.zeros(ROWS, dtype=np.int64)
    np.add.at(lengths, used[kept], 1)
    sense_scales = np.maximum(np.abs(senses).max(axis=0), 1e-6) / 127
    return Joint(
        answers=tuple(answers),
        idf=idf.tobytes(),
        starts=np.concatenate([[0], np.cumsum(lengths)]).astype(np.uint32).tobytes(),
        columns=columns.astype(np.uint16).tobytes(),
        weights=small[kept, columns].tobytes(),
        scale=scale,
        senses=np.round(senses / sense_scales).astype(np.int8).T.tobytes(),
        sense_scales=tuple(round(float(s), 7) for s in sense_scales),
        bias=tuple(round(float(b), 5) for b in bias),
    )
