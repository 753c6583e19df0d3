"""What a message means beyond its words: names that share a word, rows of attributes, trades, choices between two."""

import pytest


def said(bot, *turns):
    """Return the last reply of a talk."""
    talk = bot.session()
    return [talk.ask(turn) for turn in turns][-1]


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("Copilot or Cursor for Python", ["github-copilot", "cursor"]),
        ("how does an encoder differ from a decoder", ["encoder-only", "decoder-only"]),
    ],
)
def test_a_shared_name_means_what_stands_beside_it(bot, text, ids):
    assert [m.entity for m in bot.ask(text).entities] == ids


def test_two_everyday_words_of_the_subject_speak_for_each_other(bot):
    reply = bot.ask("parameters and tokens, how do they differ? My flatmate snores when I explain it")
    assert {m.entity for m in reply.entities} >= {"parameter", "token"}


@pytest.mark.parametrize("text", ["Mixtral 8x7B: licence, parameters", "licence and parameter count of Mixtral 8x7B"])
def test_a_row_of_attributes_is_asked_one_by_one(bot, text):
    reply = bot.ask(text)
    assert "Apache" in reply.text
    assert "46.7 billion" in reply.text


def test_a_reason_is_no_row_of_attributes(bot):
    assert bot.ask("why do size and price of GPT-4 grow").intent != "parameters"


@pytest.mark.parametrize(
    ("turns", "begins"),
    [
        (("Do Sora and Whisper come from the same company?",), "Yes"),
        (("Who makes Claude?", "and Grok?", "is that the same company?"), "No"),
    ],
)
def test_who_shares_a_maker_is_told_from_facts(bot, turns, begins):
    reply = said(bot, *turns)
    assert reply.intent == "same_maker"
    assert reply.text.startswith(begins)


@pytest.mark.parametrize(
    ("text", "statement"),
    [
        ("I do bookkeeping for others. What good is generative AI to me?", "accountant-uses-chatgpt"),
        ("I'm a solicitor. What can I do with ChatGPT?", "sector-law"),
    ],
)
def test_a_trade_that_is_named_gets_its_own_answer(bot, text, statement):
    assert bot.ask(text).intent == f"statement:{statement}"


def test_a_trade_does_not_hide_a_stated_need(bot):
    assert bot.ask("I'm a solicitor and need product photos, which AI should I use?").intent == "recommend"


def test_a_prompt_to_start_from_is_shown_for_a_task(bot):
    reply = bot.ask("show me a sample prompt for a job advert")
    assert reply.intent == "sample_prompt"
    assert "[" in reply.text


@pytest.mark.parametrize(
    "text", ["Embeddings. My boss said it nine times in one meeting. Go.", "'Multimodal'. It is on every slide we get."]
)
def test_a_topic_that_is_only_told_about_is_explained(bot, text):
    assert bot.ask(text).intent == "define"


def test_which_of_two_to_take_is_answered_with_the_choice(bot):
    assert bot.ask("which one should we take, Suno or ElevenLabs?").text.startswith("Take Suno")


def test_an_edition_belongs_to_what_the_talk_is_about(bot):
    assert said(bot, "what is GPT-4o", "and the mini version?").text.startswith("GPT-4o mini")


def test_a_narrowed_question_is_answered_again_and_not_refused(bot):
    assert said(bot, "does AI art have copyright", "in the US I mean").answered
