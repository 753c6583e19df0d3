"""What a bot claims about its answers, in words. `python -m bot.authoring.claims QUESTIONS.jsonl... --write` measures it.

Content whose intents are labels proves its claim while it is compiled. The shipped content is measured on question files
(see `bot.authoring.score`), none of them an example, and the counts are kept in `data/claim.json` with the content's hash.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import msgspec

from bot import content as content_
from bot import risk
from bot.api import SHIPPED, Bot
from bot.authoring import score
from bot.risk import Claim
from bot.types import Settings

STORED = Path(__file__).parent.parent / "data" / "claim.json"


class Stored(msgspec.Struct, frozen=True):
    """A measured claim and the content it was measured on."""

    content: str
    claim: Claim


def words(folders: Sequence[Path], cache: str | None = None) -> str:
    """Return what the bot of the folders claims; compiles content whose intents are labels. Raises ContentError."""
    if content_.labels_only(content_.load(folders)):
        labels = Bot(*folders, cache=cache).compiled.labels
        assert labels is not None
        return labels.claim.words()
    if list(folders) != [SHIPPED] or not STORED.is_file():
        return "Claims nothing about how often it is right: nobody has measured it on held-out questions."
    stored = msgspec.json.decode(STORED.read_bytes(), type=Stored)
    current = stored.content == content_.digest(folders)
    return ("" if current else "Measured before the content last changed: ") + stored.claim.words()


def measure(bot: Bot, files: Sequence[Path]) -> Claim:
    """Return what question files support about the bot's answers, each asked in a conversation of its own."""
    settings = Settings()
    judged = [risk.Judged(float(answered), right, ours) for answered, right, ours in score.replies(bot, files)]
    source = "strangers' questions, none of them an example"
    return risk.claim(judged, 0.5, settings.risk, settings.level, source)


def main(argv: Sequence[str] | None = None) -> int:
    """Print the claim, and store it where asked to; return 0."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--write", action="store_true", help=f"write {STORED.name}")
    args = parser.parse_args(argv)
    claim = measure(Bot(), args.files)
    print(claim.words())
    if args.write:
        stored = Stored(content_.digest([SHIPPED]), claim)
        STORED.write_bytes(msgspec.json.format(msgspec.json.encode(stored), indent=1) + b"\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
