"""Weigh features and fit a linear ranker: the part of training that every content folder shares. Author time only.

Sentences x rows: each block of features (words, letters) is weighted and normalised on its own, then the meaning follows.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import msgspec
import numpy as np
from scipy.optimize import minimize_scalar
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC

from bot import letters as letters_
from bot import vectors
from bot.ranker import ROWS, SENSE_INPUT, row_of


class Recipe(msgspec.Struct, frozen=True):
    """How a ranker is learned. `entropy` weighs a feature by how unevenly intents use it (2 - H(intent | feature) / log K)
    rather than by idf; `letters` adds character n-grams; `sense` is what the meaning counts beside the words; `bayes` is
    the weight of multinomial naive-Bayes log ratios folded into the same matrix; `cost` and `tolerance` are the SVM's."""

    entropy: bool = False
    letters: bool = False
    sense: float = SENSE_INPUT
    bayes: float = 0.0
    cost: float = 1.0
    tolerance: float = 1e-2


class Example:
    """A training sentence: its features, its intent, and the authored line it came from (folds never split a line)."""

    __slots__ = ("features", "intent", "line", "meaning", "sentence")

    def __init__(self, features: dict[str, float], meaning: bytes, intent: str, line: str, sentence: str = "") -> None:
        self.features = features
        self.meaning = meaning
        self.intent = intent
        self.line = line
        self.sentence = sentence


class Fitted(msgspec.Struct, frozen=True):
    """A linear ranker before it is quantised: `coef` is classes x (ROWS + DIMENSIONS), naive Bayes included."""

    coef: np.ndarray
    bias: np.ndarray

    def scores(self, x: csr_matrix) -> np.ndarray:
        """Return rows x classes."""
        found: np.ndarray = x @ self.coef.T + self.bias
        return found


def counts(found: Sequence[Example], letters: bool) -> tuple[csr_matrix, ...]:
    """Return a matrix sentences x ROWS for each block of features: damped counts of words, which letters occur where asked."""
    blocks = [_rows([_word_rows(e.features) for e in found])]
    if letters:
        blocks.append(_presence([letters_.array(e.sentence) for e in found]))
    return tuple(blocks)


def _word_rows(features: dict[str, float]) -> dict[int, float]:
    rows: dict[int, float] = {}
    for feature, value in features.items():
        row = row_of(feature)
        rows[row] = rows.get(row, 0.0) + (1 + math.log(value) if value > 1 else value)
    return rows


def _rows(sentences: Sequence[dict[int, float]]) -> csr_matrix:
    starts = np.cumsum([0, *map(len, sentences)])
    columns = np.fromiter((r for s in sentences for r in s), dtype=np.int32, count=starts[-1])
    data = np.fromiter((v for s in sentences for v in s.values()), dtype=np.float64, count=starts[-1])
    return csr_matrix((data, columns, starts), shape=(len(sentences), ROWS))


def _presence(sentences: Sequence[np.ndarray]) -> csr_matrix:
    starts = np.cumsum([0, *map(len, sentences)])
    columns = np.concatenate([*sentences, np.zeros(0, dtype=np.uint32)]).astype(np.int32)
    return csr_matrix((np.ones(len(columns)), columns, starts), shape=(len(sentences), ROWS))


def entropy_weights(blocks: Sequence[csr_matrix], y: np.ndarray, classes: int) -> np.ndarray:
    """Return blocks x ROWS: a weight of each row, 1 to 2, high where few intents use it; 0 for rows never seen."""
    return np.vstack([_entropy(block, y, classes) for block in blocks])


def _entropy(block: csr_matrix, y: np.ndarray, classes: int) -> np.ndarray:
    member = csr_matrix((np.ones(len(y)), (y, np.arange(len(y)))), shape=(classes, len(y)))
    used = (member @ (block > 0).astype(float)).toarray()
    total = used.sum(axis=0)
    share = used / np.maximum(total, 1)
    entropy = -(share * np.log(np.where(share > 0, share, 1))).sum(axis=0)
    weights: np.ndarray = np.where(total > 0, 2 - entropy / math.log(max(classes, 2)), 0.0)
    # Rounded as they are stored, so that training and answering multiply the same numbers.
    return weights.astype(np.float32).astype(float)


def matrix(blocks: Sequence[csr_matrix], meanings: Sequence[bytes], weights: np.ndarray, sense: float) -> csr_matrix:
    """Return sentences x (ROWS + DIMENSIONS): each block weighted and of length 1, added up; then the meaning.

    `weights` has a row for each block: one row of the table is a word here and letters there, as rare as either.
    """
    from scipy.sparse import hstack

    total = None
    for block, weight in zip(blocks, np.atleast_2d(weights), strict=True):
        x = csr_matrix(block.multiply(weight))
        x.eliminate_zeros()
        norms = np.sqrt(np.asarray(x.multiply(x).sum(axis=1)).ravel())
        x = csr_matrix(x.multiply((1 / np.where(norms > 0, norms, 1))[:, None]))
        total = x if total is None else total + x
    meant = np.zeros((len(meanings), vectors.DIMENSIONS))
    for number, meaning in enumerate(meanings):
        if meaning:
            meant[number] = np.frombuffer(meaning, dtype=np.int8) / 127
    return csr_matrix(hstack([total, csr_matrix(sense * meant)]))


def fit(x: csr_matrix, y: np.ndarray, classes: int, recipe: Recipe, weight: np.ndarray | None = None) -> Fitted:
    """Return one-vs-rest linear SVMs with naive-Bayes log ratios folded in (Wang and Manning 2012, "Baselines and Bigrams")."""
    learner = LinearSVC(C=recipe.cost, random_state=0, tol=recipe.tolerance, max_iter=120)
    learner.fit(x, y, sample_weight=weight)
    coef, bias = learner.coef_, learner.intercept_
    if len(coef) == 1:  # two classes are one hyperplane
        coef, bias = np.vstack([-coef[0], coef[0]]), np.array([-bias[0], bias[0]])
    full = np.zeros((classes, x.shape[1]))
    # A class a fold never saw must lose.
    level = np.full(classes, -2.0)
    full[learner.classes_], level[learner.classes_] = coef, bias
    if recipe.bayes:
        full[:, :ROWS] += recipe.bayes * _log_ratios(x[:, :ROWS], y, classes)
    return Fitted(full, level)


def _log_ratios(x: csr_matrix, y: np.ndarray, classes: int) -> np.ndarray:
    """Return classes x rows: log of how much likelier a row is in a class than in the others; smoothed by SMOOTH a row."""
    member = csr_matrix((np.ones(len(y)), (y, np.arange(len(y)))), shape=(classes, len(y)))
    mine = (member @ x).toarray()
    total = mine.sum(axis=0)
    others = total - mine
    here = (mine + SMOOTH) / (mine.sum(axis=1, keepdims=True) + SMOOTH * ROWS)
    there = (others + SMOOTH) / (others.sum(axis=1, keepdims=True) + SMOOTH * ROWS)
    ratios: np.ndarray = np.where(total > 0, np.log(here) - np.log(there), 0.0)
    return ratios


# Imagined count of every row in every class, in units of tf-idf weight; from validation.
SMOOTH = 0.003


def quantised(coef: np.ndarray) -> tuple[bytes, bytes]:
    """Return classes x features weights as features x classes int8, and the scale of each feature, float32."""
    scale = np.abs(coef).max(axis=0) / 127.0
    small = np.round(np.divide(coef, scale, out=np.zeros_like(coef), where=scale > 0)).astype(np.int8)
    return small.T.tobytes(), scale.astype(np.float32).tobytes()


def temperature(scores: np.ndarray, y: np.ndarray) -> float:
    """Return the softmax temperature of least log loss on held-out scores."""

    def loss(t: float) -> float:
        z = scores * t
        z = z - z.max(axis=1, keepdims=True)
        return float(np.mean(np.log(np.exp(z).sum(axis=1)) - z[np.arange(len(y)), y]))

    return round(float(minimize_scalar(loss, bounds=(0.5, 80.0), method="bounded").x), 3)


def logistic(
    inputs: Sequence[tuple[float, ...]], labels: Sequence[int], weights: Sequence[float] | None = None
) -> tuple[float, ...]:
    """Return intercept and weights of a logistic regression; a cautious default where there is too little to fit."""
    if len(set(labels)) < 2:
        return (-3.0, *(2.0 for _ in (inputs[0] if inputs else (0.0, 0.0))))
    fitted = LogisticRegression(C=10.0).fit(np.array(inputs), np.array(labels), sample_weight=weights)
    return tuple(round(float(v), 5) for v in (*fitted.intercept_, *fitted.coef_[0]))


Progress = Callable[[str], None]
