"""What a pattern stands for, and where it is broken."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.pattern import PatternError, count, expand, parse, slots_of


def test_choices_and_options_nest():
    assert set(expand("[please] (tell me|say) (who|which [ai] lab) made {it}")) >= {
        "please tell me who made {it}",
        "say which ai lab made {it}",
        "say which lab made {it}",
    }


def test_no_sentence_comes_twice_and_none_is_empty():
    assert expand("[a] [a] [b]") == list(dict.fromkeys(expand("[a] [a] [b]")))
    assert "" not in expand("[a] [b]")
    assert expand("") == []


def test_a_pattern_that_explodes_is_sampled_and_always_alike():
    wild = " ".join(["(a|b|c|d)"] * 30)
    assert count(parse(wild)) == 4**30
    assert expand(wild, 50) == expand(wild, 50)
    assert 1 < len(expand(wild, 50)) <= 50


def test_a_sample_uses_every_word_of_the_pattern():
    sample = " ".join(expand("(one|two|three|four) [five] (six|seven|eight|nine) [ten] (eleven|twelve)", 16)).split()
    assert len(set(sample)) == 12


def test_slots_are_named_in_order_and_each_time():
    assert slots_of("is {a} like {b} or {a}") == ("a", "b", "a")


@pytest.mark.parametrize(
    ("pattern", "col"),
    [
        ("(a|b", 1),
        ("a) b", 2),
        ("a|b", 2),
        ("x [a", 3),
        ("(a]", 3),
        ("is {Subject}", 4),
        ("is {a b}", 4),
        ("is {", 4),
        ("is }", 4),
        ("is {}", 4),
    ],
)
def test_a_broken_pattern_is_told_by_its_column(pattern, col):
    with pytest.raises(PatternError) as caught:
        expand(pattern)
    assert caught.value.col == col


@given(st.text(alphabet="ab ()[]|{}_", max_size=24))
def test_any_text_is_a_pattern_or_a_pattern_error(text):
    try:
        parsed = parse(text)
    except PatternError as error:
        col = error.col
        assert text[col - 1] in "()[]|{}"
        return
    sentences = expand(text)
    assert not any(c in sentence for sentence in sentences for c in "()[]|")
    assert len(sentences) <= count(parsed)
