"""What a program that embeds the bot may rely on."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from conftest import questions

from bot import Bot, ContentError, Reply, StateError

TALK = ("Who makes Claude?", "and Gemini?", "is it an LLM?", "compare it with Midjourney", "shorter please", "source?")
LEANING = ("and it?", "who makes it?", "shorter", "the second one", "2", "yes", "why?", "compare them", "more")


def test_a_reply_is_its_text(bot):
    reply = bot.ask("Is ChatGPT an LLM?")
    assert isinstance(reply, Reply)
    assert str(reply) == reply.text
    assert reply.answered
    assert 0 < reply.confidence <= 1
    assert reply.entities[0].entity == "chatgpt"
    assert reply.sources


def test_a_reply_as_a_dict_is_json_with_every_field_present(bot):
    for question in ("Is ChatGPT an LLM?", "", "zzz"):
        data = bot.ask(question).to_dict()
        assert json.loads(json.dumps(data)) == data
        assert set(data) == {*Reply.__struct_fields__, "answered"}


def test_two_models_at_once_are_both_found(bot):
    assert [m.entity for m in bot.ask("compare chatgpt and midjourney").entities] == ["chatgpt", "midjourney"]


def test_a_misspelt_model_is_still_found(bot):
    assert bot.ask("who makes chatgtp").entities[0].entity == "chatgpt"


def test_asking_leaves_no_trace_on_the_next_question(bot):
    before = bot.ask("who makes it?")
    bot.ask("tell me about Claude")
    assert bot.ask("who makes it?") == before


def test_every_first_answer_comes_again_whatever_was_asked_between(bot):
    asked = questions(60)
    first = [bot.ask(q) for q in asked]
    assert [bot.ask(q) for q in reversed(asked)] == first[::-1]


# ------------------------------------------------------------------------------------------------ sessions


def test_a_session_knows_what_the_talk_is_about(bot):
    chat = bot.session()
    chat.ask("Who makes Claude?")
    assert "Google" in chat.ask("and Gemini?").text


def test_two_sessions_know_nothing_of_each_other(bot):
    a, b = bot.session(), bot.session()
    a.ask("tell me about Claude")
    assert b.ask("who makes it?") == bot.session().ask("who makes it?")


def test_a_state_survives_json_and_the_talk_goes_on_as_if_never_stored(bot):
    straight, stored = bot.session(), {}
    for text in TALK:
        resumed = bot.session(json.loads(json.dumps(stored)) if stored else None)
        assert resumed.ask(text) == straight.ask(text)
        stored = resumed.state
        assert stored == straight.state


def test_a_state_outlives_the_bot_that_made_it(bot, shipped):
    chat = bot.session()
    chat.ask("Who makes Claude?")
    assert Bot(cache=shipped).session(chat.state).ask("and Gemini?") == chat.ask("and Gemini?")


def test_a_state_taken_before_a_turn_is_not_changed_by_it(bot):
    chat = bot.session()
    chat.ask("Who makes Claude?")
    before = chat.state
    copy = json.dumps(before)
    chat.ask("and Gemini?")
    assert json.dumps(before) == copy


@pytest.mark.parametrize(
    "state",
    [
        {},
        {"version": 0},
        {"version": 99},
        {"version": "1"},
        {"version": 1, "turn": "three"},
        {"version": 1, "focus": "claude"},
        {"version": 1, "slots": [[1, 2]]},
        {"version": 1, "pending": [{"label": None}]},
        [],
        "state",
        7,
    ],
)
def test_a_state_that_is_none_is_refused_by_name(bot, state):
    with pytest.raises(StateError, match="session state"):
        bot.session(state)
    with pytest.raises(StateError, match="session state"):
        bot.explain("hello", state=state)


@pytest.mark.parametrize("text", LEANING)
def test_a_state_about_things_that_are_no_longer_known_does_no_harm(bot, text):
    gone = {
        "version": 1,
        "turn": 3,
        "focus": ["gone-1", "claude"],
        "listed": ["gone-2", "gone-3"],
        "tasks": ["no-task"],
        "constraints": ["no-constraint"],
        "excluded": ["gone-4"],
        "intent": "no_such_intent",
        "slots": [["subject", ["gone-5"]]],
        "said": "Something.",
        "sources": ["no-source"],
        "pending": [{"label": "What is gone?", "intent": "gone", "slots": [["subject", ["gone-6"]]]}] * 2,
        "pending_slot": "subject",
    }
    assert bot.session(gone).ask(text).text


@pytest.mark.parametrize("choice", ["2", "2.", "(2)", "2!", "number 2", "the second one", "the last one"])
def test_an_offered_choice_may_be_taken_by_its_number(bot, choice):
    offered = [
        {"label": "Who makes Claude?", "intent": "maker", "slots": [["subject", ["claude"]]]},
        {"label": "Who makes Midjourney?", "intent": "maker", "slots": [["subject", ["midjourney"]]]},
    ]
    reply = bot.session({"version": 1, "turn": 1, "pending": offered}).ask(choice)
    assert reply.answered
    assert reply.text == bot.ask("Who makes Midjourney?").text


def test_reset_forgets(bot):
    chat = bot.session()
    fresh = chat.state
    chat.ask("Who makes Claude?")
    assert chat.state != fresh
    chat.reset()
    assert chat.state == fresh
    assert chat.last is None


def test_explain_tells_how_the_session_would_answer(bot):
    chat = bot.session()
    chat.ask("Who makes Claude?")
    trace = bot.explain("and Gemini?", state=chat.state)
    assert trace.reply == chat.ask("and Gemini?")
    assert trace == chat.last
    assert "gemini.maker" in " ".join(fact for step in trace.steps for fact in step.cited)


# ------------------------------------------------------------------------------------------------ content, threads, speed


def test_a_folder_of_ones_own_is_a_whole_bot(tiny):
    chat = tiny.session()
    assert chat.ask("hello").answered
    assert "Leafworks" in chat.ask("who makes assam?").text
    assert chat.ask("is it a black tea?").text.startswith("Yes")
    assert not tiny.ask("who makes zorblax").answered


def test_content_that_cannot_be_used_is_one_exception_with_every_problem(content, cache):
    for name in ("define", "maker"):
        path = content / "intents" / f"{name}.yaml"
        path.write_text(path.read_text().replace("examples", "exmaples"))
    with pytest.raises(ContentError) as caught:
        Bot(content, cache=cache)
    assert {p.file for p in caught.value.problems} == {"intents/define.yaml", "intents/maker.yaml"}


def test_eight_threads_get_the_answers_that_one_gets(bot, shipped):
    asked = questions(24)
    alone = [bot.ask(q) for q in asked]
    fresh = Bot(cache=shipped)  # nothing in it is computed yet: the threads race for all of it
    start = threading.Barrier(8)

    def work(shift: int) -> list[Reply]:
        start.wait()
        order = [(i + shift * 3) % len(asked) for i in range(len(asked))]
        found = {i: fresh.ask(asked[i]) for i in order}
        return [found[i] for i in range(len(asked))]

    with ThreadPoolExecutor(8) as pool:
        assert all(replies == alone for replies in pool.map(work, range(8)))


ONE_SHOT = """
import json, os, sys
from bot import Bot
bot = Bot(cache=os.environ["CACHE"], one_shot=True)
replies = [bot.ask(q).to_dict() for q in json.load(sys.stdin)]
assert "numpy" not in sys.modules
json.dump(replies, sys.stdout)
"""


def test_a_one_shot_bot_answers_the_same_without_numpy(bot, process):
    asked = questions(60)
    ran = process("-c", ONE_SHOT, stdin=json.dumps(asked).encode())
    assert ran.returncode == 0, ran.stderr.decode()
    assert json.loads(ran.stdout) == [bot.ask(q).to_dict() for q in asked]


ELSEWHERE = """
import os, sys
from bot import Bot
os.chdir(sys.argv[1])
print(Bot(cache=os.environ["CACHE"]).ask("who makes claude"))
"""


def test_a_bot_does_not_care_where_it_was_started(bot, process, tmp_path):
    assert process("-c", ELSEWHERE, str(tmp_path)).stdout.decode().strip() == bot.ask("who makes claude").text
