"""Conversation tests beside the content: `genai-bot test`, the pytest plugin, what no test touched."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import TINY

from bot.channels.cli import main

TALK = """who: A tea drinker.
talk:
  - you: who makes assam
    intent: define
    says: [leafworks, nonsense]
  # the pronoun
  - you: and sencha?
    about: [sencha]
  - you: what is the capital of mongolia
"""


@pytest.fixture
def tea(tmp_path, monkeypatch) -> Path:
    """Write a transcript that does not hold in two turns; return its path."""
    monkeypatch.chdir(tmp_path)
    shutil.copytree(TINY, tmp_path / "tea")
    path = Path("tea/conversations/drinker.yaml")
    path.parent.mkdir()
    path.write_text(TALK)
    return path


@pytest.fixture
def genai(cache, capsys):
    def run(*args: str) -> tuple[int, str, str]:
        try:
            code = main(["--cache", str(cache), *args])
        except SystemExit as stop:
            code = int(stop.code or 0)
        return (code, *capsys.readouterr())

    return run


def test_a_turn_that_does_not_hold_is_named_with_its_line_and_what_was_said(genai, tea):
    code, out, _ = genai("test", "--content", "tea")
    assert code == 1
    first = "tea/conversations/drinker.yaml:3: who makes assam: the intent is maker; it does not say 'nonsense'"
    assert out.splitlines()[:2] == [first, "    Assam Gold is made by Leafworks."]
    assert "drinker.yaml:9: what is the capital of mongolia: the status is abstain" in out
    assert "1 conversation(s), 3 turns: 0 hold, 1 do not" in out


def test_coverage_names_by_line_what_no_turn_touched(genai, tea):
    out = genai("test", "--content", "tea", "--coverage")[1].splitlines()
    assert "intents/verdict.yaml:15: answer of verdict: touched by no test" in out
    assert "knowledge/product/sencha.yaml:7: fact sencha.summary: touched by no test" in out
    assert not [line for line in out if "fact assam.maker" in line or "intent maker" in line]
    assert out[-1] == "touched: 1 of 3 intents, 1 of 5 answers, 0 of 0 statements, 2 of 11 facts"


def test_update_rewrites_what_does_not_hold_and_nothing_else(genai, tea):
    assert genai("test", "--content", "tea", "--update", "--yes")[0] == 0
    kept = TALK.replace("define", "maker").replace("[leafworks, nonsense]", "[leafworks]")
    assert tea.read_text() == kept + "    status: abstain\n"
    assert genai("test", "--content", "tea")[0] == 0


def test_update_asks_before_it_writes(genai, tea, monkeypatch):
    monkeypatch.setattr(sys, "stdin", None)
    code, out, _ = genai("test", "--content", "tea", "--update")
    assert (code, tea.read_text()) == (1, TALK)
    assert "+    intent: maker" in out


def test_turns_asked_alone_do_not_lean_on_each_other(genai, tea):
    tea.write_text("alone: yes\ntalk:\n  - you: who makes assam\n  - you: and sencha?\n    intent: maker\n")
    assert "drinker.yaml:4: and sencha?: " in genai("test", "--content", "tea")[1]


def test_every_mistake_in_a_transcript_has_its_place(genai, tea):
    tea.write_text("talk:\n  - yuo: hi\n    says: ['(']\n    compared: longer\n")
    code, _, err = genai("test", "--content", "tea")
    assert code == 4
    assert "drinker.yaml:2:5: 'yuo' is no key of a turn; did you mean 'you'? [unknown-key]" in err
    assert "drinker.yaml:3:11: no regular expression" in err
    assert "drinker.yaml:4:15: 'longer' must be one of shorter, same [unknown-choice]" in err


def test_without_a_transcript_it_says_where_one_goes(genai, tea):
    tea.unlink()
    code, _, err = genai("test", "--content", "tea")
    assert (code, "conversations/" in err) == (2, True)


def test_pytest_runs_transcripts_through_the_plugin(cache, tea):
    options = ["--genai-content", "tea", "--genai-cache", str(cache), "-p", "no:cacheprovider"]
    command = [sys.executable, "-m", "pytest", "-q", "-p", "bot.pytest_plugin", *options, "tea/conversations"]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ran.returncode == 1
    assert "drinker.yaml:3: 'who makes assam': the intent is maker" in ran.stdout
