"""Which thing a question describes without naming it: "the coding helper inside VS Code", "when the bot makes things up".

One softmax over the entities for which authors wrote `described` lines, of the same make as `bot.joint`, over all of a
clause's words. It only proposes: whether a proposal is believed, `bot.confidence` weighs beside every other reading.
Trained in `bot.fit_joint`.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence

from bot import text as text_
from bot import vectors
from bot.joint import Joint, row_of
from bot.text import Lexicon
from bot.types import Reading
from bot.understand import Heard

# As many things are proposed for a clause, each at least so likely.
MOST, LEAST = 3, 0.04


def words_of(heard: Heard, reading: Reading, lexicon: Lexicon) -> list[str]:
    """Return the clause's words that say something, names included: a name may be part of a description."""
    words = heard.words[reading.clause.start : reading.clause.end]
    return [w for w in words if w not in lexicon.fillers and w not in text_.STOP]


def rows(words: Sequence[str], lexicon: Lexicon) -> dict[int, float]:
    """Return row -> value of the features of the words."""
    found: dict[int, float] = {}
    for feature, value in text_.features(tuple(words), lexicon).items():
        if ".." not in feature:
            row = row_of("d:" + feature)
            found[row] = found.get(row, 0.0) + value
    return found


def shares(model: Joint, heard: Heard, reading: Reading, lexicon: Lexicon) -> dict[str, float]:
    """Return entity -> how likely the clause describes it, adding up to 1; empty where nothing is described in the content."""
    words = words_of(heard, reading, lexicon)
    return model.shares(rows(words, lexicon), vectors.meaning(words)) if words else {}


def likeliest(found: dict[str, float]) -> list[str]:
    """Return the entities worth proposing, the likeliest first."""
    return [id for id in heapq.nlargest(MOST, found, key=lambda id: found[id]) if found[id] >= LEAST]
