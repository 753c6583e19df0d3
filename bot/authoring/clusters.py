"""Put questions that are worded alike together: TF-IDF over their words, joined from the nearest pair up."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sklearn.cluster import AgglomerativeClustering
from sklearn.feature_extraction.text import TfidfVectorizer

# Mean cosine distance up to which two groups are one; set by eye on logs of our own test questions.
APART = 0.7
# Joining compares each with each: beyond so many different wordings the rarest wait for the next time.
MOST = 3000


def clusters(texts: Sequence[str]) -> list[list[int]]:
    """Return the groups of the texts, as positions in them, in the order of their first members."""
    if len(texts) < 2:
        return [[i] for i in range(len(texts))]
    rows = TfidfVectorizer(analyzer=_features, sublinear_tf=True).fit_transform(texts).toarray()
    labels = AgglomerativeClustering(None, metric="cosine", linkage="average", distance_threshold=APART).fit_predict(rows)
    found: dict[int, list[int]] = {}
    for i, label in enumerate(labels):
        found.setdefault(int(label), []).append(i)
    return list(found.values())


def _features(text: str) -> Iterator[str]:
    """Yield words, and their trigrams, by which a misspelt word is still near; every text has a feature."""
    for word in text.split() or ["?"]:
        yield word
        padded = f" {word} "
        yield from (padded[i : i + 3] for i in range(len(padded) - 2) if word[0] != "@")
