"""What a template may do: read what is on record, cite it, and nothing else."""

import pytest
from jinja2.exceptions import SecurityError

from bot import templates
from bot.templates import MissingError, Recorder, View, a, date, holds, join_and, on_date, render, sentences


@pytest.fixture
def recorder():
    return Recorder()


@pytest.fixture
def view(bot, recorder):
    return lambda id: View(bot.compiled.content.entities[id], bot.compiled.knowledge, recorder)


def test_what_a_template_reads_is_cited(view, recorder):
    render("{{ s.name }} by {{ s.makers }}", {"s": view("claude")})
    assert list(recorder.facts) == ["claude.maker"]
    assert recorder.sources


def test_a_name_and_a_look_cite_nothing(view, recorder):
    render("{% if s.has('maker') %}{{ s.name }}{% endif %}", {"s": view("claude")})
    assert not recorder.facts


@pytest.mark.parametrize(
    "source",
    ["{{ s.founders }}", "{{ s.no_such_property }}", "{{ s.maker.name }}", "{{ nothing }}", "{{ none.x }}", "by {{ '' }}"],
)
def test_half_a_sentence_is_never_said(view, source):
    with pytest.raises(MissingError):
        render(source, {"s": view("claude"), "none": None})


@pytest.mark.parametrize(
    "source",
    [
        "{{ s.__class__ }}",
        "{{ s._k.content }}",
        "{{ ''.__class__.__mro__ }}",
        "{{ s.__init__.__globals__ }}",
        "{{ cycler.__init__.__globals__.os }}",
        "{{ s._value('claude', 'maker') }}",
        "{{ things.append(1) }}",
        "{{ '{0.__class__}'.format(s) }}",
    ],
)
def test_no_template_gets_out_of_the_sandbox(view, source):
    things = [1]
    with pytest.raises((MissingError, SecurityError)):
        render(source, {"s": view("claude"), "things": things})
    assert things == [1]


def test_a_user_cannot_write_a_template(bot):
    assert "49" not in bot.ask("what is {{ 7*7 }}").text
    assert "49" not in bot.session().ask("tell me about ChatGPT {% set x = 7*7 %}{{ x }}").text


def test_prose_folds_and_tables_and_lists_keep_their_lines():
    source = "One\n  sentence .\n\n| a | b |\n|---|---|\n| c | d |\n\n- x\n\n- y\n\nTwo."
    assert render(source, {}) == "One sentence.\n\n| a | b |\n|---|---|\n| c | d |\n- x\n- y\n\nTwo."


@pytest.mark.parametrize("condition", ["s.founders", "s.no_such.thing", "nothing == 1", "1 / s.name", "s.maker[9]"])
def test_a_condition_over_what_is_missing_does_not_hold(view, condition):
    assert holds(condition, {"s": view("claude")}) is False


def test_an_empty_condition_always_holds():
    assert holds("", {}) is True


@pytest.mark.parametrize(
    ("source", "expression", "line"),
    [("{{ a }", False, 1), ("x\n{% if a %}", False, 2), ("a ==", True, 1), ("{{ a | nofilter }}", False, 1)],
)
def test_a_template_that_cannot_be_read_is_told_by_its_line(source, expression, line):
    fault = templates.problem_of(source, expression)
    assert fault is not None
    assert fault[0] == line


@pytest.mark.parametrize(
    ("noun", "expected"),
    [
        ("LLM", "an LLM"),
        ("GAN", "a GAN"),
        ("RNN", "an RNN"),
        ("VAE", "a VAE"),
        ("API", "an API"),
        ("GPT model", "a GPT model"),
        ("image generator", "an image generator"),
        ("unimodal model", "a unimodal model"),
        ("one-shot prompt", "a one-shot prompt"),
        ("open-weight model", "an open-weight model"),
    ],
)
def test_the_article_is_the_one_that_is_spoken(noun, expected):
    assert a(noun) == expected


def test_dates_and_lists_read_as_english():
    assert (date("2025-02-27"), on_date("2025-02-27"), on_date("2014")) == ("27 February 2025", "on 27 February 2025", "in 2014")
    assert (join_and([]), join_and(["a"]), join_and(["a", "b", "c"], "or")) == ("", "a", "a, b or c")


def test_a_sentence_does_not_end_at_an_abbreviation():
    assert sentences("It is big, e.g. 3.5 GB. OpenAI Inc. made it vs. Google. Done.") == [
        "It is big, e.g. 3.5 GB.",
        "OpenAI Inc. made it vs. Google.",
        "Done.",
    ]
    assert sentences("") == []
