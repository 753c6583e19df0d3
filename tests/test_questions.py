"""What people asked who had never seen the content (tests/questions/): never used as examples, held as a floor."""

from pathlib import Path

import pytest

from bot.authoring.fit import load
from bot.authoring.robust import rightly_answered
from bot.authoring.score import score

QUESTIONS = Path(__file__).parent / "questions"


@pytest.mark.parametrize(("file", "right", "wrong"), [("lay.jsonl", 0.79, 0.085), ("pro.jsonl", 0.83, 0.065)])
def test_strangers_questions_stay_answered_and_seldom_wrongly(bot, file, right, wrong):
    total, _ = score(bot, [QUESTIONS / file])
    count = sum(total.values())
    assert total["right"] / count >= right
    assert (total["wrong"] + total["leak"]) / count <= wrong


def test_the_last_turn_of_a_talk_is_understood_by_those_before(bot):
    """Sixty short talks whose last turn leans on the others; the keys name what it then asks."""
    talks = load([QUESTIONS / "turns.jsonl"])
    assert len(rightly_answered(bot, talks)) >= 51
