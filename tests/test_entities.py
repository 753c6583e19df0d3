"""Which names are found in a text, and which must not be."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.entities import similarity, words_of
from bot.text import clean, tokenize


@pytest.fixture(scope="module")
def found(bot):
    """Return the ids of the things a text names, after all that belongs to hearing it."""

    def names(text: str) -> list[str]:
        return [m.entity for m in bot.ask(text).entities]

    return names


@pytest.fixture(scope="module")
def gazetteer(bot):
    return bot.compiled.look.gazetteer


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("who makes ChatGPT", ["chatgpt"]),
        ("who makes chatgtp", ["chatgpt"]),
        ("who made mid journey", ["midjourney"]),
        ("what is midjurny", ["midjourney"]),
        ("is gpt4o an llm", ["gpt-4o"]),
        ("is GPT 4o an llm", ["gpt-4o"]),
        ("is gpt‑4o an llm", ["gpt-4o"]),
        ("compare chatgpt and midjourney", ["chatgpt", "midjourney"]),
        ("what is DALL·E 3", ["dall-e-3"]),
        ("who made STABLE DIFFUSION", ["stable-diffusion"]),
        ("who made stable\u200bdiffusion", ["stable-diffusion"]),
        ("is gpt-4.5 an llm", ["gpt-4-5"]),
    ],
)
def test_a_name_is_found_as_people_write_it(bot, found, text, ids):
    known = {id.replace(".", "-"): id for id in bot.compiled.content.entities}
    assert [i for i in found(text) if bot.compiled.content.entities[i].kind != "concept"] == [known[i] for i in ids]


@pytest.mark.parametrize(
    "text", ["who makes GPT-17?", "is gpt 99 an llm", "what is claude 47", "tell me about Midjourney v99", "who made llama 88"]
)
def test_a_version_that_does_not_exist_is_not_its_family(bot, found, text):
    assert [i for i in found(text) if bot.compiled.content.entities[i].kind != "concept"] == []


@pytest.mark.parametrize(
    "text",
    [
        "where did Claude Monet paint",
        "when did Falcon 9 fly",
        "my falcon ate a mouse",
        "which GaN charger shall I buy",
        "do llamas spit",
        "is gemini a water sign in astrology",
    ],
)
def test_an_everyday_word_is_not_answered_as_a_model(bot, text):
    assert not bot.ask(text).answered


def test_the_longest_name_wins(found):
    assert found("who made gpt-4 turbo") != found("who made gpt-4")
    assert len(found("who made gpt-4 turbo")) == 1


def test_every_entity_is_found_by_its_own_name(bot, gazetteer):
    # A comma or a full stop between words parts names; several people's surnames are found by their aliases.
    names = [e.name for e in bot.compiled.content.entities.values() if not re.search(r"[,.] ", e.name)]
    assert [name for name in names if not gazetteer.find(tokenize(clean(name)), 2.0)[0]] == []


def test_a_changed_digit_never_makes_it_another_thing(bot, gazetteer):
    """GPT-17 is unknown, not GPT-1: fuzzy matching is for letters."""
    taken = []
    for name in sorted(gazetteer.names):
        for digit in dict.fromkeys(re.findall(r"\d", name)):
            other = name.replace(digit, str((int(digit) + 5) % 10))
            if other in gazetteer.names:
                continue
            mentions, _ = gazetteer.find(tokenize(other), 0.78)
            taken += [(other, m.text) for m in mentions if m.entity == gazetteer.names[name] and m.text == name]
    assert taken == []


@settings(max_examples=200, deadline=None)
@given(text=st.text(max_size=60))
def test_mentions_lie_in_order_and_apart_in_any_text(gazetteer, text):
    tokens = tokenize(clean(text))
    mentions, unknown = gazetteer.find(tokens, 0.78)
    end = 0
    for m in mentions:
        assert end <= m.start < m.end <= len(tokens)
        end = m.end
    assert all(0 <= i < len(tokens) for i in unknown)


@given(st.text(alphabet="abcdefg0123", min_size=1, max_size=9), st.text(alphabet="abcdefg0123", min_size=1, max_size=9))
def test_similarity_is_a_share_and_nought_where_digits_differ(a, b):
    assert 0 <= similarity(a, b) <= 1
    assert similarity(a, a) == 1
    if re.findall(r"\d+", a) != re.findall(r"\d+", b):
        assert similarity(a, b) == 0


def test_a_set_of_words_never_forgets_one_and_seldom_invents_one():
    words = [f"w{i}" for i in range(3000)]
    kept = words_of(words)
    assert all(w in kept for w in words)
    assert sum(f"x{i}" in kept for i in range(3000)) < 30
