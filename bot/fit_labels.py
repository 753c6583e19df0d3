"""Learn content whose intents are labels: the ranker, what is not ours, and thresholds with a bound. Author time only."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Callable, Sequence

import msgspec
import numpy as np
from scipy.sparse import csr_matrix

from bot import labels, learn, pattern, risk
from bot.heldout import HeldOut
from bot.labels import NONE, Labels, Nearest
from bot.learn import Example, Fitted, Recipe
from bot.ranker import ROWS, Ranker, probability
from bot.risk import Judged
from bot.text import clean, tokenize
from bot.types import Intent, Settings
from bot.understand import Lookup

# Fitted on the validation part of CLINC150 and by cross-validation on the training part of BANKING77.
RECIPE = Recipe(entropy=True, letters=True, sense=1.2, bayes=0.015, cost=1.0, tolerance=0.3)
# A generic sentence this near (cosine of words) to an example is one that the content does answer.
TOO_NEAR = 0.4
# Examples an intent that the nearest is looked for among: more would only grow the artefact.
MOST_NEAREST = 200
PER_LINE = 8
PARTS = 5
LARGE = 4000


def examples(intents: Sequence[Intent], look: Lookup) -> list[Example]:
    """Return the training sentences of the intents; those that nothing is said to (act none) as NONE."""
    found = []
    for intent in intents:
        name = NONE if intent.act == "none" else intent.name
        for line in intent.examples:
            for sentence in pattern.expand(line.text, PER_LINE):
                words = [t.word for t in tokenize(clean(sentence), look.lexicon)]
                found.append(_example(words, name, line.place, look))
    return [e for e in found if e.sentence]


def _example(words: Sequence[str], intent: str, place: str, look: Lookup) -> Example:
    seen = labels.see(words, look)
    return Example(seen.features, seen.meaning, intent, place, seen.sentence)


class Learned(msgspec.Struct, frozen=True):
    """A fitted ranker with the weights its inputs were made by; `names` are its classes in order."""

    names: tuple[str, ...]
    fitted: Fitted
    weights: np.ndarray
    recipe: Recipe

    def scores(self, found: Sequence[Example]) -> np.ndarray:
        """Return sentences x classes, not quantised."""
        blocks = learn.counts(found, self.recipe.letters)
        return self.fitted.scores(learn.matrix(blocks, [e.meaning for e in found], self.weights, self.recipe.sense))


def fit(found: Sequence[Example], recipe: Recipe) -> Learned:
    """Return the ranker learned from the sentences."""
    names = tuple(sorted({e.intent for e in found}))
    at = {n: i for i, n in enumerate(names)}
    y = np.array([at[e.intent] for e in found])
    blocks = learn.counts(found, recipe.letters)
    own = y != at.get(NONE, -1)
    # What is not ours says nothing about which of ours a feature speaks for.
    weights = learn.entropy_weights([b[own] for b in blocks], y[own], len(names))
    x = learn.matrix(blocks, [e.meaning for e in found], weights, recipe.sense)
    lines = Counter(e.line for e in found)
    weight = np.array([1.0 / np.sqrt(lines[e.line]) for e in found])
    return Learned(names, learn.fit(x, y, len(names), recipe, weight), weights, recipe)


def foreign(generic: Sequence[Example], own: Sequence[Example]) -> list[Example]:
    """Return the generic sentences that are not like any example: the others may well be asked of this content."""
    if not own or not generic:
        return list(generic)
    mine, theirs = (_binary(learn.counts(e, False)[0]) for e in (own, generic))
    count = np.asarray((mine > 0).sum(axis=0)).ravel()
    idf = np.log((1 + len(own)) / (1 + count)) + 1
    mine, theirs = (_unit(csr_matrix(m.multiply(idf))) for m in (mine, theirs))
    near = np.concatenate([(theirs[i : i + 500] @ mine.T).max(axis=1).toarray().ravel() for i in range(0, len(generic), 500)])
    return [e for e, n in zip(generic, near, strict=True) if n < TOO_NEAR]


def _binary(x: csr_matrix) -> csr_matrix:
    return csr_matrix((x > 0).astype(float))


def _unit(x: csr_matrix) -> csr_matrix:
    norms = np.sqrt(np.asarray(x.multiply(x).sum(axis=1)).ravel())
    return csr_matrix(x.multiply((1 / np.where(norms > 0, norms, 1))[:, None]))


def quantised(learned: Learned, temperature: float) -> Ranker:
    """Return the ranker as it is stored: int8 weights with a scale a row."""
    weights, scales = learn.quantised(learned.fitted.coef[:, :ROWS])
    senses, sense_scales = learn.quantised(learned.fitted.coef[:, ROWS:])
    return Ranker(
        intents=learned.names,
        weights=weights,
        scales=scales,
        senses=senses,
        sense_scales=sense_scales,
        idf=learned.weights.astype(np.float32).tobytes(),
        bias=tuple(round(float(b), 6) for b in learned.fitted.bias),
        temperature=temperature,
        letters=learned.recipe.letters,
        sense=learned.recipe.sense,
    )


def nearest(found: Sequence[Example], names: Sequence[str], look: Lookup) -> Nearest:
    """Return the examples of each intent, in the order of the names, as rows."""
    rows, starts, norms, first = array("H"), array("I", [0]), array("f"), [0]
    by: dict[str, list[Example]] = {n: [] for n in names}
    for example in found:
        by[example.intent].append(example)
    for name in names:
        mine = by[name] if name != NONE else []
        for example in mine[:: max(1, -(-len(mine) // MOST_NEAREST))]:
            words = labels.rows_of(example.sentence.split(), look)
            if words:
                rows.extend(sorted(words))
                starts.append(len(rows))
                norms.append(float(np.sqrt(sum(w * w for w in words.values()))))
        first.append(len(norms))
    return Nearest(rows.tobytes(), starts.tobytes(), norms.tobytes(), tuple(first))


class Trial(msgspec.Struct, frozen=True):
    """Held-out questions scored by a ranker that never saw them: `scores` are in the order of `names`."""

    held: list[Example]
    scores: np.ndarray
    known: list[float]
    near: list[float]


def build(
    intents: Sequence[Intent],
    generic: Sequence[Intent],
    held_out: Sequence[HeldOut],
    look: Lookup,
    settings: Settings,
    progress: Callable[[str], None],
) -> tuple[Ranker, Labels]:
    """Return the ranker of content whose intents are labels, and what decides beside it.

    Thresholds are fitted on the folder's held-out questions; where it has none, on its own lines, each scored by a
    ranker that never saw it.
    """
    progress("weighing words")
    own = examples(intents, look)
    found = [*own, *foreign(examples(generic, look), [e for e in own if e.intent != NONE])]
    progress("training")
    learned = fit(found, RECIPE)
    progress("calibrating")
    lines = nearest(found, learned.names, look)
    if held_out:
        asked = [_example(_words(h.text, look), h.intent or NONE, f"{i}", look) for i, h in enumerate(held_out)]
        trial = _trial(asked, learned, lines, look)
        source = "kept apart from training"
    else:
        trial = _own_lines(found, learned.names, look)
        source = "its own lines, each left out of training"
    return _decider(trial, learned, lines, settings, source)


def _words(text: str, look: Lookup) -> list[str]:
    return [look.gazetteer.corrected(t.word) for t in tokenize(clean(text), look.lexicon)]


def _trial(held: Sequence[Example], learned: Learned, lines: Nearest, look: Lookup) -> Trial:
    scores = learned.scores(held)
    best = _best(scores, learned.names)
    words = [e.sentence.split() for e in held]
    near = [lines.cosine(int(b), labels.rows_of(w, look)) for b, w in zip(best, words, strict=True)]
    return Trial(list(held), scores, [labels.coverage(w, look) for w in words], near)


def _best(scores: np.ndarray, names: Sequence[str]) -> np.ndarray:
    allowed = np.where(np.array(names) == NONE, -np.inf, 0.0)
    found: np.ndarray = (scores + allowed).argmax(axis=1)
    return found


def _own_lines(found: Sequence[Example], names: tuple[str, ...], look: Lookup) -> Trial:
    """Score the content's lines by rankers that never saw them: two halves, or one part in PARTS of much content."""
    order = {line: i for i, line in enumerate(sorted({e.line for e in found}))}
    parts = 2 if len(order) < LARGE else PARTS
    trials = []
    for part in range(parts if parts == 2 else 1):
        rest = [e for e in found if order[e.line] % parts != part]
        held = [e for i, e in enumerate(found) if order[e.line] % parts == part and (i == 0 or found[i - 1].line != e.line)]
        if len({e.intent for e in rest} - {NONE}) < 2:
            continue
        learned = fit(rest, RECIPE)
        trial = _trial(held, learned, nearest(rest, learned.names, look), look)
        wide = np.full((len(held), len(names)), -2.0)
        wide[:, [names.index(n) for n in learned.names]] = trial.scores
        trials.append(msgspec.structs.replace(trial, scores=wide))
    if not trials:
        return Trial([], np.zeros((0, len(names))), [], [])
    return Trial(
        [e for t in trials for e in t.held],
        np.vstack([t.scores for t in trials]),
        [v for t in trials for v in t.known],
        [v for t in trials for v in t.near],
    )


def _decider(trial: Trial, learned: Learned, lines: Nearest, settings: Settings, source: str) -> tuple[Ranker, Labels]:
    names = learned.names
    at = {n: i for i, n in enumerate(names)}
    ours = np.array([e.intent in at and e.intent != NONE for e in trial.held], dtype=bool)
    y = np.array([at.get(e.intent, 0) for e in trial.held])
    heat = learn.temperature(trial.scores[ours], y[ours]) if ours.any() else 4.0
    best = _best(trial.scores, names) if len(y) else y
    right = ours & (best == y)
    found = zip(trial.scores.tolist(), trial.known, trial.near, strict=True)
    told = [labels.evidence(s, names, k, n, labels.odds_of(s, heat)) for s, k, n in found]
    inputs = [labels.inputs(*t) for t in told]
    calibration = learn.logistic(inputs, [int(r) for r in right])
    judged = _judged(inputs, right, ours)
    answer = risk.threshold(judged, settings.risk, settings.level)
    at_answer = settings.answer if answer is None else answer
    claim = risk.claim(judged, at_answer, settings.risk, settings.level, source)
    shares = _true_shares(trial.scores, y, ours, heat)
    unsure = [s for s, j in zip(shares, [j for j in judged if j.ours], strict=True) if j.sure < at_answer]
    listed = risk.conformal(unsure, settings.listed)
    claim = msgspec.structs.replace(claim, listed=settings.listed, asked=len(unsure) if listed else 0)
    clarify = min(settings.clarify, at_answer)
    return quantised(learned, heat), Labels(lines, calibration, at_answer, clarify, listed, claim)


def _judged(inputs: Sequence[tuple[float, ...]], right: np.ndarray, ours: np.ndarray) -> list[Judged]:
    """Return how each question is judged by a calibration that never saw it: fitted on the other half of them.

    Thresholds and the claim are taken from these; the calibration that answers is fitted on all.
    """
    found: list[Judged | None] = [None] * len(inputs)
    for half in (0, 1):
        calibration = learn.logistic(inputs[1 - half :: 2], [int(r) for r in right[1 - half :: 2]])
        for i in range(half, len(inputs), 2):
            found[i] = Judged(probability(calibration, inputs[i]), bool(right[i]), bool(ours[i]))
    return [j for j in found if j is not None]


def _true_shares(scores: np.ndarray, y: np.ndarray, ours: np.ndarray, heat: float) -> list[float]:
    z = scores[ours] * heat
    odds = np.exp(z - z.max(axis=1, keepdims=True)) if len(z) else z
    shares = odds / odds.sum(axis=1, keepdims=True) if len(z) else z
    return [float(s) for s in shares[np.arange(len(shares)), y[ours]]]
