"""What the command promises: exit codes, JSON, and that no input whatever brings a traceback."""

import json

import pytest

from bot import __version__

TRICKY = {
    "100 kB of text": "what is an llm? " * 6400,
    "one 100 kB word": "a" * 100_000,
    "control characters": "who \x00\x07\x1b[31m made \x1b]0;pwned\x07 chatgpt",
    "zero-width characters": "who\u200b ma\u200dde chat\u2060gpt\ufeff",
    "right-to-left override": "who made \u202etpgtahc",
    "template syntax": "what is {{ 7*7 }} {% for x in range(9) %} {# llm #} {{ self.__class__ }}",
    "format syntax": "what is {0} %s %(x)s ${HOME} `id` $(id)",
    "emoji": "👍🏽 🤖🤖🤖 👩‍👩‍👧",
    "combining marks": "w" + "\u0301" * 5000 + "hat is an llm",
    "nothing but marks": "?!?!... --- ;;; ()[]{}",
    "another script": "что такое языковая модель",
    "lone surrogate": "what is \ud800 an llm",
    "markup": "<script>alert(1)</script> <b>what</b> is an llm",
    "newlines": "what\n\n\nis\r\n\ran\x0b\x0cllm",
    "digits": "9" * 5000,
    "a letter": "a",
}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Is ChatGPT an LLM?", 0),
        ("who makes claude", 0),
        ("what is the best pizza in town", 3),
        ("Who makes GPT-17?", 3),
        ("", 2),
        ("   ", 2),
    ],
)
def test_ask_tells_by_its_exit_code_whether_it_answered(command, text, code):
    assert command("ask", text).code == code


def test_ask_prints_the_answer_first_and_the_sources_below(command):
    ran = command("ask", "Is ChatGPT an LLM?")
    answer, *below = ran.out.splitlines()
    assert "language model" in answer
    assert all("https://" in line for line in below[:4])
    assert below


def test_the_question_may_be_written_without_quotes(command):
    assert command("ask", "who", "makes", "claude").out == command("ask", "who makes claude").out


def test_a_dash_reads_the_question_from_stdin(command):
    assert command("ask", "-", stdin=b"who makes claude\n").out == command("ask", "who makes claude").out


def test_a_dash_with_nothing_on_stdin_is_wrong_use(command):
    ran = command("ask", "-")
    assert ran.code == 2
    assert "for example" in ran.err


@pytest.mark.parametrize("args", [["frobnicate"], ["ask", "--frob", "x"], ["ask", "--json", "--jsonl", "x"], ["why"]])
def test_wrong_use_says_how_to_use_it(command, args):
    ran = command(*args)
    assert ran.code == 2
    assert "usage:" in ran.err


def test_a_missing_content_folder_is_a_content_problem(command):
    ran = command("ask", "hi", "--content", "no/such/folder")
    assert ran.code == 4
    assert "no such folder" in ran.err
    assert not ran.out


def test_content_may_be_chosen_before_or_after_the_command(command, content):
    before = command("--content", str(content), "ask", "who makes sencha")
    after = command("ask", "who makes sencha", "--content", str(content))
    assert before.out == after.out
    assert "Leafworks" in before.out


def test_json_prints_the_whole_reply_as_one_object(command, bot):
    ran = command("ask", "--json", "Is ChatGPT an LLM?")
    assert ran.lines == [bot.ask("Is ChatGPT an LLM?").to_dict()]
    assert set(ran.lines[0]) >= {"text", "status", "answered", "intent", "confidence", "entities", "sources", "alternatives"}


def test_jsonl_keeps_each_session_apart(command):
    asked = [
        {"session": "a", "text": "Who makes Claude?"},
        {"session": "b", "text": "Who makes Midjourney?"},
        {"session": "a", "text": "when was it released?"},
        {"session": "b", "text": "when was it released?"},
    ]
    ran = command("ask", "--jsonl", stdin="\n".join(json.dumps(a) for a in asked).encode())
    assert [r["session"] for r in ran.lines] == ["a", "b", "a", "b"]
    assert "Claude" in ran.lines[2]["text"]
    assert "Midjourney" in ran.lines[3]["text"]


def test_jsonl_answers_on_after_a_bad_line(command):
    bad = [b"not json", b"[1]", b'{"session": 1}', b'{"text": 5}', b"[" * 100_000, b"\xff\xfe", b'"text"', b"9" * 9999]
    ran = command("ask", "--jsonl", stdin=b"\n".join([*bad, b"", b'{"text": "who makes claude"}']))
    assert ran.code == 0
    assert [list(r) for r in ran.lines[:-1]] == [["error"]] * len(bad)
    assert ran.lines[1]["error"].startswith("line 2:")
    assert "Anthropic" in ran.lines[-1]["text"]


def test_where_stdin_is_no_terminal_each_line_is_answered_in_one_conversation(command):
    ran = command(stdin=b"who makes claude?\n\n   \nand gemini?\n")
    assert ran.code == 0
    assert "Anthropic" in ran.out
    assert "Google" in ran.out


@pytest.mark.parametrize("text", TRICKY.values(), ids=TRICKY.keys())
def test_any_text_gets_a_reply_and_nothing_of_it_is_executed_or_echoed_raw(command, text):
    ran = command("ask", "--json", text)
    assert ran.code in (0, 3)
    said = ran.lines[0]["text"]
    assert said
    assert not any(c in said for c in "\x00\x07\x1b\u200b\u202e\ufeff")
    assert "49" not in said
    assert "{{" not in said
    assert "<script" not in said
    assert ran.err == ""


@pytest.mark.parametrize("text", ["control characters", "template syntax", "lone surrogate", "one 100 kB word", "emoji"])
def test_why_explains_any_text_too(command, text):
    ran = command("why", TRICKY[text])
    assert ran.code == 0
    assert not any(c in ran.out for c in "\x00\x07\x1b")
    assert "decided" in ran.out


def test_invisible_characters_change_nothing(command):
    assert command("ask", TRICKY["zero-width characters"]).out == command("ask", "who made chatgpt").out


def test_invalid_utf8_on_stdin_is_read_as_far_as_it_goes(process, shipped):
    ran = process("-m", "bot", "--cache", str(shipped), stdin=b"who made \xff\xfechatgpt\nwho made claude\n")
    assert ran.returncode == 0
    assert b"Traceback" not in ran.stderr
    assert b"Anthropic" in ran.stdout


def test_invalid_utf8_as_an_argument_is_no_traceback(process, shipped):
    ran = process("-m", "bot", "--cache", str(shipped), "ask", b"who made \xff\xfe chatgpt".decode("utf-8", "surrogateescape"))
    assert ran.returncode in (0, 3)
    assert b"Traceback" not in ran.stderr


UNREAD = """
import subprocess, sys
asking = [sys.executable, "-m", "bot", "--cache", sys.argv[1], "ask", "what is an llm"]
child = subprocess.Popen(asking, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
child.stdout.close()
print(child.stderr.read(), child.wait())
"""


def test_a_reader_that_stops_reading_is_no_error(process, shipped):
    assert process("-c", UNREAD, str(shipped)).stdout == b"b'' 0\n"


def test_a_terminal_that_knows_no_unicode_still_gets_the_answer(process, shipped):
    ran = process("-m", "bot", "--cache", str(shipped), "ask", "what is rag", PYTHONUTF8="0", PYTHONIOENCODING="ascii")
    assert ran.returncode == 0
    assert b"Traceback" not in ran.stderr


def test_why_shows_how_a_question_was_decided(command):
    ran = command("why", "Who makes Claude?")
    heads = [line.split()[0] for line in ran.out.splitlines()]
    assert set(heads) >= {"clause", "mention", "coverage", "ranked", "decided", "facts", "needs", "reply"}
    assert "claude.maker" in ran.out


def test_why_prints_the_trace_as_json_too(command):
    trace = json.loads(command("why", "--json", "Who makes Claude?").out)
    assert trace["reply"]["text"] == trace["steps"][0]["text"]


def test_the_version_says_how_old_the_knowledge_is(command, bot):
    ran = command("--version")
    assert ran.code == 0
    assert ran.out.strip() == f"genai-bot {__version__}, knowledge as of {bot.compiled.content.as_of}"


def test_check_finds_no_error_in_the_shipped_content(command):
    ran = command("check")
    assert ran.code == 0, ran.out
    assert any(line.startswith("0 error(s)") for line in ran.out.splitlines())
