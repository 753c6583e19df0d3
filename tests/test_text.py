"""What words become, on input nobody hopes for."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.text import LONGEST, clauses, clean, features, stem, tokenize


def words(text: str) -> list[str]:
    return [t.word for t in tokenize(clean(text))]


@given(st.text())
def test_a_cleaned_text_has_no_invisible_character(text):
    assert not [c for c in clean(text) if unicodedata.category(c)[0] == "C" and c != "\n"]


@given(st.text())
def test_cleaning_twice_is_cleaning_once(text):
    assert clean(clean(text)) == clean(text)


@given(st.text())
def test_every_word_lies_where_it_says(text):
    cleaned = clean(text)
    for token in tokenize(cleaned):
        assert 0 <= token.start < token.end <= len(cleaned)
        assert token.word


@given(st.text())
def test_clauses_follow_one_another_inside_the_text(text):
    tokens = tokenize(clean(text))
    end = 0
    for clause in clauses(clean(text), tokens):
        assert end <= clause.start < clause.end <= len(tokens)
        end = clause.end


@given(st.lists(st.text(min_size=1, max_size=8), max_size=12))
def test_features_count_something_for_every_word(given_words):
    found = features(given_words)
    assert all((w if w[:1] in "@#" else stem(w)) in found for w in given_words)
    assert all(v > 0 for v in found.values())


def test_a_book_is_cut_and_keeps_its_first_and_last_words():
    cut = clean("first " + "x" * 200_000 + " last")
    assert len(cut) <= LONGEST + 1
    assert cut.startswith("first")
    assert cut.endswith("last")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("What's GPT-4.5?", ["what", "is", "gpt", "4.5"]),
        ("OpenAI's model", ["openai", "model"]),
        ("can’t, won't, DON‘T", ["can", "not", "will", "not", "do", "not"]),
        ("Сhаtgрt", ["chatgpt"]),  # С, а and р are Cyrillic
        ("ﬁne‑tuning", ["fine", "tuning"]),
        ("ＣＨＡＴＧＰＴ", ["chatgpt"]),
        ("c++ and e.g. naïve", ["c++", "and", "eg", "naive"]),
        ("end.Next", ["end", "next"]),
        ("🤖", []),
        ("", []),
        ("{{ 7*7 }}", ["7", "7"]),
    ],
)
def test_words_are_what_a_reader_would_say(text, expected):
    assert words(text) == expected


@pytest.mark.parametrize(
    ("text", "roles"),
    [
        ("What is an LLM?", ["question"]),
        ("What is an LLM, and is Midjourney one of them?", ["question", "question"]),
        ("Midjourney is an LLM, right?", ["claim"]),
        ("I run a small bakery in town. Which AI writes posters?", ["context", "question"]),
        ("ChatGPT is not a search engine at all.", ["claim"]),
    ],
)
def test_a_message_falls_into_questions_claims_and_context(text, roles):
    assert [c.role for c in clauses(text, tokenize(text))] == roles


@pytest.mark.parametrize(
    ("text", "negative"),
    [
        ("Midjourney is not an LLM.", True),
        ("Midjourney is an LLM.", False),
        ("It isn't not an LLM.", False),
        ("is it an LLM or not?", False),
    ],
)
def test_polarity_is_read_off_the_clause_and_not_off_its_tag(text, negative):
    assert clauses(text, tokenize(text))[0].negative is negative
