"""Score the bot against question files (JSON Lines): `python -m bot.authoring.score FILE... [--misses]`.

A line: {"turns": [...], "kind": ..., "key": ..., "expect": {"all": [regex], "none": [regex], "abstain": ...}}, where
abstain is true, false or "either".
The last turn is judged: right, wrong, asked (asked back where an answer was expected), silent (abstained), leak
(answered what should be refused).
"""

from __future__ import annotations

import argparse
import json
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bot.api import Bot
from bot.types import Reply

VERDICTS = ("right", "wrong", "asked", "silent", "leak")


def judge(case: dict[str, Any], reply: Reply) -> str:
    """Return one of VERDICTS for the reply to a case's last turn."""
    expect = case["expect"]
    found = [bool(re.search(p, reply.text, re.IGNORECASE | re.DOTALL)) for p in expect.get("all", ())]
    forbidden = any(re.search(p, reply.text, re.IGNORECASE | re.DOTALL) for p in expect.get("none", ()))
    if expect.get("abstain") == "either" and not reply.answered:
        return "wrong" if forbidden else "right"
    if expect.get("abstain") is True:
        return "leak" if reply.answered or forbidden else "right"
    if not reply.answered and case["kind"] != "chitchat":
        return "asked" if reply.status == "clarify" else "silent"
    return "right" if all(found) and not forbidden else "wrong"


def score(bot: Bot, files: Sequence[Path]) -> tuple[Counter[str], list[tuple[str, dict[str, Any], str]]]:
    """Return how often each verdict fell, and (verdict, case, text) of every case that is not right."""
    total: Counter[str] = Counter()
    misses = []
    for file in files:
        for line in file.read_text(encoding="utf-8").splitlines():
            case = json.loads(line)
            chat = bot.session()
            for turn in case["turns"]:
                reply = chat.ask(turn)
            verdict = judge(case, reply)
            total[verdict] += 1
            if verdict != "right":
                misses.append((verdict, case, reply.text))
    return total, misses


def replies(bot: Bot, files: Sequence[Path]) -> list[tuple[bool, bool, bool]]:
    """Return (answered, rightly so, a question of the bot's subject) of every case that is not small talk."""
    found = []
    for file in files:
        for line in file.read_text(encoding="utf-8").splitlines():
            case = json.loads(line)
            chat = bot.session()
            for turn in case["turns"]:
                reply = chat.ask(turn)
            if case["kind"] != "chitchat":
                foreign = case["expect"].get("abstain") is True
                found.append((reply.answered, judge(case, reply) == "right" and not foreign, not foreign))
    return found


def main() -> None:
    """Print the score."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--misses", action="store_true", help="print every case that is not right")
    args = parser.parse_args()
    total, misses = score(Bot(), args.files)
    if args.misses:
        for verdict, case, text in misses:
            print(f"{verdict}: {' | '.join(case['turns'])}\n    key: {case['key']}\n    got: {text[:300]}")
    count = sum(total.values())
    print(", ".join(f"{v} {100 * total[v] / count:.1f} %" for v in VERDICTS) + f" of {count}")


if __name__ == "__main__":
    main()
