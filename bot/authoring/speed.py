"""Measure start-up and answering on this machine: `python -m bot.authoring.speed`. Ratios travel, seconds do not.

Whole processes are measured with the compiled bot in the cache, after a run that warms the disk up.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Sequence

from bot.api import Bot
from bot.compiled import Compiled, dump

RUNS = 9
ROUNDS = 3
QUESTION = "Is ChatGPT an LLM?"
FORMS = ("What is {}?", "who makes {}", "is {} an LLM?", "{} or {}?", "when was {} released", "how does {} work?")
LONG = "I run a small shop and need product photos for free, which AI? My nephew says Midjourney is an LLM."
BESIDE = ("hello", "and Gemini?", "asdf qwer", "what's the weather in Lisbon", "", LONG)


def main() -> int:
    """Print the figures; return 0."""
    bot = Bot()  # compiles, where the content is new
    started = time.perf_counter()
    Bot()
    load = time.perf_counter() - started
    base = _process("-c", "import jinja2")
    asked = _process("-m", "bot", "ask", QUESTION)
    questions = spread(bot.compiled)
    taken = _answering(bot, questions)
    p50, p99 = statistics.median(taken), statistics.quantiles(taken, n=100)[98]
    print(f"genai-bot ask, warm cache: {asked:.3f} s, {asked / base:.1f} times `python -c 'import jinja2'`")
    print(f"Bot(), warm cache: {load:.3f} s; compiled bot: {len(dump(bot.compiled)) / 1e6:.1f} MB")
    print(f"Bot().ask: p50 {p50:,.0f} us, p99 {p99:,.0f} us over {len(questions)} questions, {ROUNDS} rounds")
    return 0


def spread(compiled: Compiled) -> list[str]:
    """Return questions of every sort about all that is known, as typed: many in lower case, some with a letter missing."""
    names = [e.name for e in compiled.content.entities.values()]
    asked = [FORMS[i % len(FORMS)].format(name, names[i - 1]) for i, name in enumerate(names)]
    asked += [s.question for s in compiled.content.statements.values()]
    typed = [q if i % 3 == 0 else q.lower() for i, q in enumerate(asked[::4])]
    typed = [q[: len(q) // 2] + q[len(q) // 2 + 1 :] if i % 5 == 0 else q for i, q in enumerate(typed)]
    return [*typed, *BESIDE]


def _process(*arguments: str) -> float:
    """Return the median seconds of a process, which must succeed."""
    taken = []
    for _ in range(RUNS + 1):
        started = time.perf_counter()
        subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL)
        taken.append(time.perf_counter() - started)
    return statistics.median(taken[1:])


def _answering(bot: Bot, questions: Sequence[str]) -> list[float]:
    """Return the microseconds of each answer, after a round that fills what is computed once."""
    taken = []
    for turn in range(ROUNDS + 1):
        for question in questions:
            started = time.perf_counter()
            bot.ask(question)
            if turn:
                taken.append((time.perf_counter() - started) * 1e6)
    return taken


if __name__ == "__main__":
    sys.exit(main())
