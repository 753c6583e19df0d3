"""Benchmark the ranker beside others on public data: `python -m bot.authoring.bench FOLDER [--only ours] [--shots 10]`.

FOLDER holds clinc150/data_full.json and banking77/train.csv and test.csv. Every system learns in one process and answers
in another, one question at a time. MiniLM takes part where its packages are installed (extra `bench`). --validate measures
on CLINC150's validation part and on a fifth of BANKING77's training part, so that the tests stay unread while one tunes.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from bot.authoring import importer
from bot.authoring.importer import Asked

SYSTEMS = ("ours", "logistic", "svc", "minilm")
NAMES = {
    "ours": "genai-bot",
    "logistic": "scikit-learn TF-IDF(1,2) + LogisticRegression",
    "svc": "scikit-learn word + char_wb, LinearSVC",
    "minilm": "MiniLM int8 + LogisticRegression",
}
DATA = ("clinc150", "banking77")
# How the processes are told apart from a user's call; each does one thing and prints one JSON object.
LEARN, SERVE = "--learn", "--serve"


class Task(msgspec.Struct, frozen=True):
    """One data set as used here: what is learned, what sets thresholds, what is asked at the end."""

    train: list[Asked]
    held: list[Asked]
    test: list[Asked]


def task(folder: Path, data: str, validate: bool = False, shots: int = 0, seed: int = 0) -> Task:
    """Return a data set's parts; `shots` keeps so many examples an intent, chosen by `seed`."""
    if data == "clinc150":
        file = folder / data / "data_full.json"
        parts = {s: importer.read(file, "clinc", [s]) for s in ("train", "val", "oos_val", "test", "oos_test")}
        train, test = parts["train"], [*parts["test"], *parts["oos_test"]]
        held = [*parts["val"], *parts["oos_val"]]
        if validate:  # halves that follow the same mix: one sets the thresholds, the other is asked
            held, test = held[::2], held[1::2]
    else:
        train, held = importer.read(folder / data / "train.csv", "csv"), []
        if validate:
            train, test = [a for i, a in enumerate(train) if i % 5], train[::5]
        else:
            test = importer.read(folder / data / "test.csv", "csv")
    if shots:
        train, held = _few(train, shots, seed), []
    return Task(train, held, test)


def _few(train: Sequence[Asked], shots: int, seed: int) -> list[Asked]:
    chance = random.Random(seed)
    by: dict[str, list[Asked]] = {}
    for a in train:
        by.setdefault(a.intent, []).append(a)
    return [a for name in sorted(by) for a in chance.sample(by[name], shots)]


# ------------------------------------------------------------------------------------------------ the command


def main(argv: Sequence[str] | None = None) -> int:
    """Run the benchmark and print a table; return 0."""
    given = list(sys.argv[1:] if argv is None else argv)
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--data", choices=DATA, action="append", help="only this data set (repeatable)")
    parser.add_argument("--only", choices=SYSTEMS, action="append", help="only this system (repeatable)")
    parser.add_argument("--shots", type=int, default=0, help="learn from so many examples an intent, three seeds")
    parser.add_argument("--validate", action="store_true", help="leave the tests unread")
    parser.add_argument("--json", action="store_true", help="print the rows as JSON")
    args = parser.parse_args(given)
    rows = []
    for data in args.data or DATA:
        for system in args.only or SYSTEMS:
            seeds = range(3) if args.shots else range(1)
            runs = [measure(system, task(args.folder, data, args.validate, args.shots, seed)) for seed in seeds]
            rows.append({"data": data, "system": NAMES[system], **_mean([r for r in runs if r])})
            if not args.json:
                print(row(rows[-1]), flush=True)
    if args.json:
        print(json.dumps(rows, indent=1))
    return 0


def measure(system: str, asked: Task) -> dict[str, float] | None:
    """Return a system's figures on a task, or None where its packages are missing."""
    with tempfile.TemporaryDirectory() as work:
        (Path(work) / "task.json").write_bytes(msgspec.json.encode(asked))
        learned = _process(LEARN, system, work)
        if "missing" in learned:
            print(f"{NAMES[system]}: left out, {learned['missing']}", file=sys.stderr)
            return None
        return {**learned, **_process(SERVE, system, work)}


def _process(what: str, system: str, work: str) -> dict[str, Any]:
    ran = subprocess.run(
        [sys.executable, "-m", "bot.authoring.bench_systems", what, system, work], stdout=subprocess.PIPE, check=True
    )
    found: dict[str, Any] = json.loads(ran.stdout.splitlines()[-1])
    return found


def _mean(runs: Sequence[dict[str, float]]) -> dict[str, float]:
    keys = runs[0] if runs else ()
    return {k: sum(r[k] for r in runs) / len(runs) for k in keys}


# key, heading, factor, decimals
_COLUMNS = (
    ("accuracy", "accuracy %", 100, 2),
    ("answered_right", "deployed %", 100, 2),
    ("refused", "refused %", 100, 1),
    ("auroc", "AUROC", 100, 1),
    ("fpr95", "FPR95 %", 100, 1),
    ("p50", "p50 us", 1e6, 0),
    ("p99", "p99 us", 1e6, 0),
    ("decide_p50", "decide p50 us", 1e6, 0),
    ("ask_p50", "ask p50 us", 1e6, 0),
    ("train", "train s", 1, 1),
    ("train_cpu", "of processor s", 1, 1),
    ("load", "load s", 1, 2),
    ("memory", "memory MB", 1, 0),
    ("size", "size MB", 1e-6, 1),
)


def row(figures: dict[str, Any]) -> str:
    """Return one system's figures as a line of text."""
    shown = [f"{head} {figures[key] * factor:.{places}f}" for key, head, factor, places in _COLUMNS if key in figures]
    return f"{figures['data']}, {figures['system']}: " + (", ".join(shown) or "left out")


if __name__ == "__main__":
    raise SystemExit(main())
