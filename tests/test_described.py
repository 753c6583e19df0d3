"""Things that a question describes without their name, and the word meanings this rests on."""

import random

import numpy as np
import pytest

from bot import described, vectors
from bot.understand import hear, read


def test_meanings_are_the_same_with_numpy_and_without():
    size = len(list(vectors.known()))
    chance = random.Random(3)
    for _ in range(200):
        rows = tuple(chance.choices(range(size), k=chance.randint(1, 9)))
        by_hand, by_numpy = vectors._by_hand(rows), vectors._by_numpy(rows)
        assert by_hand == by_numpy
        assert abs(np.linalg.norm(np.frombuffer(by_hand, dtype=np.int8).astype(float)) - 127) < 8


def test_words_nobody_knows_mean_nothing():
    assert vectors.meaning(["zzxqy"]) == b""
    assert vectors.meaning([]) == b""


def test_like_questions_mean_the_like():
    asked = [
        ["who", "made", "this", "program"],
        ["which", "company", "developed", "the", "software"],
        ["how", "do", "i", "bake", "bread"],
    ]
    one, two, other = (np.frombuffer(vectors.meaning(words), dtype=np.int8).astype(float) for words in asked)
    assert one @ two > 2 * abs(one @ other)


@pytest.mark.parametrize(
    ("text", "id"),
    [
        ("the picture thing on discord", "midjourney"),
        ("a method that starts from noise and cleans it up into an image", "diffusion-model"),
        ("google's tool that turns my documents into a podcast", "notebooklm"),
    ],
)
def test_a_description_is_told_from_its_neighbours(bot, text, id):
    compiled = bot.compiled
    heard = hear(text, compiled.look, compiled.settings.fuzzy)
    found = described.shares(compiled.described, heard, read(heard, heard.whole, compiled.look), compiled.look.lexicon)
    assert described.likeliest(found)[0] == id
    assert sum(found.values()) == pytest.approx(1.0)


def test_who_made_a_thing_can_be_asked_without_its_name(bot):
    reply = bot.ask("who made the picture thing on discord")
    assert reply.answered
    assert "Midjourney" in reply.text


def test_a_pronoun_is_what_the_talk_is_about_and_no_description(bot):
    talk = bot.session()
    talk.ask("What is BERT?")
    assert "BERT" in talk.ask("would you still call that an LLM?").text


def test_what_is_described_elsewhere_is_not_ours(bot):
    assert not bot.ask("what is the name of the blue car in that film").answered
    assert not bot.ask("the coffee machine in my office is broken").answered
