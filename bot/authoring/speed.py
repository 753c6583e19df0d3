"""Measure start-up and answering on this machine: `python -m bot.authoring.speed`. Ratios travel, seconds do not."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

from bot.api import Bot

QUESTIONS = (
    "Is ChatGPT an LLM?",
    "who makes claude",
    "what is a GAN and how does it work?",
    "midjurny vs dalle",
    "I run a small shop and need product photos for free, which AI?",
    "why do LLMs make things up?",
    "context window of gemini 1.5 pro",
    "what's the weather in Lisbon",
)
ROUNDS = 40


def _process(arguments: list[str]) -> float:
    """Return the fastest of five runs of a process, in seconds."""
    times = []
    for _ in range(5):
        start = time.perf_counter()
        subprocess.run([sys.executable, *arguments], check=False, capture_output=True)
        times.append(time.perf_counter() - start)
    return min(times)


def main() -> None:
    """Print the figures."""
    start = time.perf_counter()
    bot = Bot()
    loaded = time.perf_counter() - start
    asked = _process(["-m", "bot", "ask", QUESTIONS[0]])
    jinja = _process(["-c", "import jinja2"])
    times = []
    for _ in range(ROUNDS):
        for question in QUESTIONS:
            start = time.perf_counter()
            bot.ask(question)
            times.append((time.perf_counter() - start) * 1e6)
    times.sort()
    print(f"genai-bot ask, warm cache: {asked:.3f} s, {asked / jinja:.1f} times `python -c 'import jinja2'`")
    print(f"Bot(): {loaded:.3f} s")
    p99 = times[int(0.99 * len(times))]
    print(f"Bot().ask: p50 {statistics.median(times):.0f} us, p99 {p99:.0f} us over {len(times)} questions")


if __name__ == "__main__":
    main()
