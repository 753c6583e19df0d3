"""What people asked who had never seen the content (tests/questions/): never used as examples, held as a floor."""

from pathlib import Path

import pytest

from bot.authoring.score import score

QUESTIONS = Path(__file__).parent / "questions"


@pytest.mark.parametrize(("file", "right", "wrong"), [("lay.jsonl", 0.62, 0.11), ("pro.jsonl", 0.57, 0.12)])
def test_strangers_questions_stay_answered_and_seldom_wrongly(bot, file, right, wrong):
    total, _ = score(bot, [QUESTIONS / file])
    count = sum(total.values())
    assert total["right"] / count >= right
    assert (total["wrong"] + total["leak"]) / count <= wrong
