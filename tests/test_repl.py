"""What the chat promises, typed through prompt_toolkit's pipe input and read as the text on the screen."""

import io
import re

import pytest
from prompt_toolkit.application import create_app_session
from prompt_toolkit.completion import CompleteEvent, Completer
from prompt_toolkit.data_structures import Size
from prompt_toolkit.document import Document
from prompt_toolkit.history import InMemoryHistory
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output.color_depth import ColorDepth
from prompt_toolkit.output.plain_text import PlainTextOutput
from prompt_toolkit.output.vt100 import Vt100_Output

from bot.channels import repl
from bot.channels.repl import COMMANDS, Names, SafeCompleter
from bot.channels.terminal import lay_out

ENTER, CTRL_C, CTRL_D, TAB, RIGHT = "\r", "\x03", "\x04", "\t", "\x1b[C"
LEAVE = f"/quit{ENTER}"


@pytest.fixture
def talk(bot, monkeypatch, tmp_path):
    """Type into a chat; return what stands on the screen when it ends. The chat must end with status 0."""
    monkeypatch.setattr(repl.platformdirs, "user_state_dir", lambda *a, **k: str(tmp_path / "state"))

    def type_in(*keys: str, of=bot, output=None) -> str:
        screen = io.StringIO()
        with create_pipe_input() as pipe, create_app_session(input=pipe, output=output or PlainTextOutput(screen)):
            pipe.send_text("".join(keys))
            assert repl.chat(of) == 0
        return screen.getvalue()

    return type_in


def line(text: str) -> str:
    return text + ENTER


def test_the_greeting_says_what_it_is_what_to_ask_and_how_to_leave(talk):
    screen = talk(CTRL_D)
    assert "large language models and generative AI" in screen
    assert "Is ChatGPT an LLM?" in screen
    assert "Ctrl-D leaves" in screen


def test_the_question_of_the_greeting_is_answered(talk, bot):
    assert bot.ask("Is ChatGPT an LLM?").answered


def test_a_bot_of_ones_own_greets_with_a_question_of_its_own(talk, tiny):
    screen = talk(CTRL_D, of=tiny)
    assert "large language models" not in screen
    assert "tiny" in screen


@pytest.mark.parametrize("leaving", [CTRL_D, line("/quit"), line("quit"), line("EXIT"), line("/QUIT now")])
def test_one_can_leave(talk, leaving):
    talk(leaving)


def test_an_answer_shows_its_sources_numbered_below_it(talk):
    screen = talk(line("Who makes Claude?"), LEAVE)
    assert re.search(r"Anthropic[^[]*\n\[1\] \S+", screen)


def test_every_source_can_be_seen_with_its_address(talk, bot):
    screen = talk(line("Who makes Claude?"), line("/sources"), LEAVE)
    for source in bot.ask("Who makes Claude?").sources:
        assert source.url in screen


def test_a_follow_up_is_understood(talk):
    assert "Google" in talk(line("Who makes Claude?"), line("and Gemini?"), LEAVE)


def test_after_reset_there_is_nothing_to_follow_up(talk):
    screen = talk(line("who makes claude?"), line("/reset"), line("/sources"), line("who made it?"), LEAVE)
    assert "rests on no source" in screen
    assert screen.count("Anthropic") == talk(line("who makes claude?"), LEAVE).count("Anthropic")


def test_why_shows_the_trace_of_the_last_message(talk):
    screen = talk(line("Who makes Claude?"), line("/why"), LEAVE)
    assert "claude.maker" in screen
    assert "decided" in screen


def test_why_and_sources_before_any_question_say_so(talk):
    screen = talk(line("/why"), line("/sources"), LEAVE)
    assert "Nothing has been asked yet" in screen
    assert "rests on no source" in screen


def test_help_names_every_command_and_the_age_of_the_knowledge(talk, bot):
    screen = talk(line("/help"), LEAVE)
    assert all(name in screen for name in COMMANDS)
    assert f"Knowledge as of {bot.compiled.content.as_of}" in screen


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("/hlep", "did you mean '/help'?"),
        ("/source", "did you mean '/sources'?"),
        ("/xyzzy", "/help lists them"),
        ("/", "no command /"),
    ],
)
def test_an_unknown_command_gets_a_way_out(talk, typed, said):
    assert said in talk(line(typed), LEAVE)


def test_an_empty_line_is_no_question(talk):
    screen = talk(line(""), line("   "), line("/why"), LEAVE)
    assert "Nothing has been asked yet" in screen


def test_ctrl_c_clears_the_line(talk):
    screen = talk("who makes midjourney" + CTRL_C, line("who makes claude?"), LEAVE)
    assert "Anthropic" in screen


def test_ctrl_c_on_an_empty_line_says_how_to_leave(talk):
    assert talk(CTRL_C, LEAVE).count("Ctrl-D leaves") == 2


def test_what_was_typed_can_be_found_again_in_the_next_chat(talk):
    talk(line("who makes claude?"), LEAVE)
    assert "Anthropic" in talk("\x1b[A\x1b[A" + ENTER, LEAVE)


def test_only_its_owner_can_read_the_history(talk, tmp_path):
    talk(line("who makes claude?"), LEAVE)
    history = tmp_path / "state" / "history"
    assert "who makes claude?" in history.read_text()
    assert history.stat().st_mode & 0o077 == 0


def test_a_history_that_cannot_be_written_is_kept_in_memory(talk, tmp_path):
    (tmp_path / "state").write_text("a file where the folder should be")
    assert "Anthropic" in talk(line("who makes claude?"), LEAVE)
    assert isinstance(repl._history(tmp_path / "state" / "history"), InMemoryHistory)


def test_a_history_that_stops_being_writable_does_not_end_the_chat(talk, tmp_path, monkeypatch):
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("prompt_toolkit.history.FileHistory.store_string", full)
    assert "Anthropic" in talk(line("who makes claude?"), LEAVE)


@pytest.mark.parametrize("text", ["who \x1b\x1b makes {{ 7*7 }}", "🤖" * 50, "x" * 5_000, "<b>html</b> &amp; %s {0}"])
def test_no_typed_text_ends_the_chat(talk, text):
    assert "Anthropic" in talk(line(text), line("/why"), line("who makes claude?"), LEAVE)


# ------------------------------------------------------------------------------------------------ completion


def completed(completer: Completer, text: str) -> list[str]:
    found = completer.get_completions(Document(text), CompleteEvent(completion_requested=True))
    return [text[: len(text) + c.start_position] + c.text for c in found]


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("what is midj", "what is Midjourney"),
        ("who made Stable Dif", "who made Stable Diffusion"),
        ("compare chatgpt and CLAU", "compare chatgpt and Claude"),
        ("/so", "/sources"),
    ],
)
def test_names_and_commands_are_completed_in_place(bot, text, whole):
    names = Names(e.name for e in bot.compiled.content.entities.values())
    assert whole in completed(names, text)


@pytest.mark.parametrize("text", ["", " ", "a", "what is ", "zzzz", "tell me /h", "🤖"])
def test_nothing_is_completed_where_nothing_fits(bot, text):
    assert completed(Names(e.name for e in bot.compiled.content.entities.values()), text) == []


def test_a_bug_in_the_completer_does_not_end_the_chat(talk, monkeypatch):
    monkeypatch.setattr(Names, "get_completions", lambda *a: 1 / 0)
    assert "Anthropic" in talk("who mak" + TAB, line("es claude?"), LEAVE)
    assert completed(SafeCompleter(Names([])), "x") == []


# ------------------------------------------------------------------------------------------------ layout

TABLE = "Two of them.\n| | ChatGPT | Midjourney |\n|---|:---:|---|\n| Maker | OpenAI | Midjourney, Inc. |\n"
TABLE += f"| How | {'words ' * 20}| b |"


@pytest.mark.parametrize("width", [20, 36, 60, 80, 200])
def test_no_line_is_wider_than_the_terminal(bot, width):
    for text in (TABLE, bot.ask("compare ChatGPT and Midjourney").text, bot.ask("what is an llm").text):
        assert max(len(row) for row in lay_out(text, width).splitlines()) <= width


def test_a_table_that_fits_has_its_columns_aligned():
    head, maker, *_ = lay_out(TABLE, 80).splitlines()[2:]
    assert head.index("ChatGPT") == maker.index("OpenAI")
    assert head.index("Midjourney") == maker.index("Midjourney, Inc.")


def test_a_table_wider_than_the_terminal_is_stacked():
    assert "Maker\n  ChatGPT: OpenAI\n  Midjourney: Midjourney, Inc." in lay_out(TABLE, 36)


def test_no_cell_is_lost_by_laying_out():
    for width in (24, 50, 80):
        assert lay_out(TABLE, width).count("words") == 20


@pytest.mark.parametrize("text", ["", "|", "||\n|", "|---|", "| a |\n| b | c | d |", "word" * 100, "- " * 60, "\n\n\n"])
def test_odd_texts_are_laid_out_somehow(text):
    assert isinstance(lay_out(text, 40), str)


def test_further_lines_hang_under_a_bullet():
    assert lay_out("- one two three four five", 20) == "- one two three four\n  five"


def test_colour_is_left_out_where_the_user_says_so(talk, monkeypatch):
    def screen(depth: ColorDepth | None) -> str:
        text = io.StringIO()
        output = Vt100_Output(text, lambda: Size(24, 80), term="xterm", default_color_depth=depth)
        talk(line("who makes claude?"), LEAVE, output=output)
        return text.getvalue()

    monkeypatch.delenv("NO_COLOR", raising=False)
    grey = "\x1b[0;90m"
    assert grey in screen(ColorDepth.DEPTH_4_BIT)
    monkeypatch.setenv("NO_COLOR", "1")
    assert grey not in screen(ColorDepth.from_env())
