"""Measure what speed means here: one question in a process of its own, many in one that lives, the size of it all.

    python -m bot.authoring.speed

Whole-process times depend on the machine, so they are given as a multiple of `python -c "import jinja2"` on the same
one. Measured after one warm-up run, with the compiled bot in the cache.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from bot.api import Bot
from bot.compiled import Compiled, dump

RUNS = 9
ROUNDS = 3
QUESTION = "Is ChatGPT an LLM?"
FOLLOW_UPS = ("and Gemini?", "who made it?", "shorter", "where did you get that?")
BESIDE = ("hello", "asdf qwer", "what is the best pizza in town", "")


def main() -> int:
    """Print the figures; return 0."""
    bot = Bot()
    base = _process("-c", "import jinja2")
    asked = _process("-m", "bot", "ask", QUESTION)
    taken = _answering(bot, spread(bot.compiled))
    started = time.perf_counter()
    Bot()
    load = time.perf_counter() - started
    print(f"genai-bot ask, whole process   {asked / base:.1f} x python -c 'import jinja2' ({asked * 1e3:.0f} ms)")
    print(f"Bot().ask, median (p50)        {_share(taken, 50):,.0f} µs over {len(taken):,} answers")
    print(f"Bot().ask, p99                 {_share(taken, 99):,.0f} µs")
    print(f"Bot(), compiled before         {load * 1e3:.0f} ms")
    print(f"compiled bot                   {len(dump(bot.compiled)) / 1e6:.1f} MB")
    return 0


def spread(compiled: Compiled) -> list[str]:
    """Return questions of every sort: authored ones with names in them, follow-ups, small talk, nonsense.

    Typed as people do: two thirds in lower case, every fifth with a letter missing.
    """
    names = [e.name for e in compiled.content.entities.values()]
    forms = ("What is {}?", "who makes {}", "is {} an LLM?", "{} or {}?", "when was {} released", "how does {} work?")
    found = [forms[i % len(forms)].format(name, names[i - 1]) for i, name in enumerate(names)]
    found += [s.question for s in compiled.content.statements.values()]
    typed = [q if i % 3 == 0 else q.lower() for i, q in enumerate(found[::3])]
    typed = [q[: len(q) // 2] + q[len(q) // 2 + 1 :] if i % 5 == 0 else q for i, q in enumerate(typed)]
    return [*typed, *FOLLOW_UPS, *BESIDE]


def _process(*args: str) -> float:
    """Return the seconds a Python process takes: the median of several, after one that warms the disk up."""
    taken = []
    for _ in range(RUNS + 1):
        started = time.perf_counter()
        subprocess.run([sys.executable, *args], stdout=subprocess.DEVNULL, check=True, cwd=Path(__file__).parents[2])
        taken.append(time.perf_counter() - started)
    return statistics.median(taken[1:])


def _answering(bot: Bot, questions: Sequence[str]) -> list[float]:
    """Return the microseconds of each answer, in rounds after the first, which fills what is computed once."""
    taken = []
    for turn in range(ROUNDS + 1):
        for question in questions:
            started = time.perf_counter()
            bot.ask(question)
            if turn:
                taken.append((time.perf_counter() - started) * 1e6)
    return taken


def _share(taken: Sequence[float], percent: int) -> float:
    return statistics.quantiles(taken, n=100)[percent - 1]


if __name__ == "__main__":
    sys.exit(main())
