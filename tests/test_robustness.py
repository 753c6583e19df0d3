"""How a question is typed changes neither its intent nor its entities: properties over questions that are answered rightly.

`python -m bot.authoring.robust tests/questions/labelled.jsonl --exceptions` measures them on all questions and lists the
exceptions. What is left of them: a typo that makes another English word ("patent notes" for "patient notes"), and
questions whose two best readings are all but equally likely.
"""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from bot import Bot
from bot.authoring import robust
from bot.authoring.fit import Labelled, load

LABELLED = Path(__file__).parent / "questions" / "labelled.jsonl"
SHARE = 0.97
MANY = 120
few = settings(derandomize=True, max_examples=3, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))


class Known(list[tuple[Labelled, robust.Understood]]):
    """Questions that are answered rightly, and how they are understood."""

    def __repr__(self) -> str:
        return f"{len(self)} questions"


@pytest.fixture(scope="module")
def known(bot: Bot) -> Known:
    """Questions that are answered rightly, and how they are understood."""
    found = robust.rightly_answered(bot, load([LABELLED])[::3])
    assert len(found) >= MANY
    return Known(found[:MANY])


def kept(bot: Bot, known: Known, change: Callable[[str], str]) -> float:
    """Return the share (0 to 1) of the questions that are understood as before when they are changed."""
    return sum(robust.changed(bot, question, change)[1] == told for question, told in known) / len(known)


@few
@given(
    before=st.sampled_from(["hi, could you tell me please, ", "Hello there! I was wondering, ", "excuse me, may I ask: "]),
    after=st.sampled_from([" thanks", ", thank you very much!", " please"]),
)
def test_politeness_changes_nothing(bot, known, before, after):
    assert kept(bot, known, robust.framed(before, after)) >= SHARE


@few
@given(before=st.sampled_from(["hey, quick question: ", "hey quick question, ", "ok so um "]))
def test_a_lead_in_changes_nothing(bot, known, before):
    assert kept(bot, known, robust.framed(before)) >= SHARE


@few
@given(case=st.sampled_from([str.upper, str.lower, str.swapcase]))
def test_case_changes_nothing(bot, known, case):
    assert kept(bot, known, case) >= SHARE


@few
@given(marks=st.text(alphabet="?!. ", max_size=4))
def test_the_marks_at_the_end_change_nothing(bot, known, marks):
    assert kept(bot, known, robust.marked(marks)) >= SHARE


@few
@given(draw=st.integers(0, 1000))
def test_one_typo_in_a_long_word_changes_nothing(bot, known, draw):
    assert kept(bot, known, robust.mistyped(draw)) >= SHARE


def test_a_greeting_alone_is_still_a_greeting(bot):
    assert [bot.ask(text).intent for text in ("hi there", "good morning", "thanks a lot")] == [
        "greeting",
        "greeting",
        "thanks",
    ]
