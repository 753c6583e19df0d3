"""Hot reload: what is saved answers at once, what must be learned is learned meanwhile, what is broken changes nothing."""

import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
from conftest import TINY

from bot import Bot, compiled
from bot.authoring import watch as watch_
from bot.authoring.watch import Watch


@pytest.fixture
def tea(tmp_path) -> Path:
    return Path(shutil.copytree(TINY, tmp_path / "tea"))


@pytest.fixture
def told() -> list[str]:
    return []


@pytest.fixture
def watch(tea, cache, told):
    watch = Watch(Bot(tea, cache=cache), cache, told.append)
    yield watch
    watch.__exit__()


def edit(path: Path, old: str, new: str) -> None:
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))


def trained(watch: Watch) -> None:
    """Look until the training that runs is taken over."""
    assert watch.busy
    for _ in range(600):
        watch.look()
        if not watch.busy:
            return
        time.sleep(0.1)
    raise AssertionError("not trained in a minute")


def test_answers_and_facts_count_at_once_and_nothing_is_trained(watch, tea, told, monkeypatch):
    monkeypatch.setattr(watch, "_train", None)
    edit(tea / "knowledge/product/sencha.yaml", "steamed green tea.", "steamed Japanese tea.")
    edit(tea / "intents/maker.yaml", "is made by", "comes from")
    watch.look()
    assert "Japanese" in watch.bot.ask("what is sencha").text
    assert watch.bot.ask("who makes assam").text.startswith("Assam Gold comes from Leafworks")
    assert told == ["reloaded"]


def test_a_new_line_is_known_word_for_word_at_once_and_trained_to_the_very_build_of_a_fresh_start(watch, tea, told, tmp_path):
    assert watch.bot.ask("sencha hails from whom").confidence < 0.5
    edit(tea / "intents/maker.yaml", "answers:", "  {subject} hails from whom\nanswers:")
    watch.look()
    known = watch.bot.ask("sencha hails from whom")
    assert known.text.startswith("Sencha is made by")
    assert known.confidence > 0.9
    trained(watch)
    assert told[1:] == ["trained; the new ranker answers"]
    assert compiled.dump(watch.bot.compiled) == compiled.dump(compiled.build([tea]))


def test_a_new_intent_and_a_new_name_answer_before_they_are_trained(watch, tea):
    shutil.copy(tea / "knowledge/product/sencha.yaml", tea / "knowledge/product/gyokuro.yaml")
    edit(tea / "knowledge/product/gyokuro.yaml", "name: Sencha", "name: Gyokuro")
    (tea / "intents/heat.yaml").write_text(
        "question: How hot is the water for {tea}?\nslots:\n  tea: {kind: product, ask: Which tea?}\n"
        "examples: |\n  how hot is the water for {tea}\nanswers:\n  - say: Not too hot for {{ tea.name }}.\n"
    )
    watch.look()
    assert watch.busy
    assert watch.bot.ask("how hot is the water for gyokuro").text == "Not too hot for Gyokuro."


def test_answers_edited_while_the_ranker_trains_do_not_start_it_again(watch, tea):
    edit(tea / "intents/maker.yaml", "answers:", "  which house bottles {subject}\nanswers:")
    watch.look()
    running = watch._training
    edit(tea / "intents/maker.yaml", "is made by", "comes from")
    watch.look()
    assert watch._training is running
    assert "comes from" in watch.bot.ask("which house bottles sencha").text
    trained(watch)
    assert compiled.dump(watch.bot.compiled) == compiled.dump(compiled.build([tea]))


def test_a_broken_file_shows_its_problems_and_the_last_good_version_answers(watch, tea, told):
    before = watch.bot
    edit(tea / "intents/maker.yaml", "question:", "qestion:")
    watch.look()
    watch.look()
    assert watch.bot is before
    assert len(told) == 1
    assert "intents/maker.yaml:1:1: 'qestion' is no key of an intent; did you mean 'question'?" in told[0]
    edit(tea / "intents/maker.yaml", "qestion:", "question:")
    edit(tea / "intents/maker.yaml", "is made by", "comes from")
    watch.look()
    assert "comes from" in watch.bot.ask("who makes assam").text


def test_what_is_removed_is_trained_away(watch, tea, told):
    (tea / "intents/maker.yaml").unlink()
    watch.look()
    assert told == ["training; the old ranker answers meanwhile"]
    trained(watch)
    assert compiled.dump(watch.bot.compiled) == compiled.dump(compiled.build([tea]))


def test_training_that_fails_says_why_and_the_old_bot_answers_on(watch, tea, told, monkeypatch):
    monkeypatch.setattr(watch_, "_TRAIN", "raise MemoryError('no room')")
    edit(tea / "intents/maker.yaml", "answers:", "  which house bottles {subject}\nanswers:")
    watch.look()
    trained(watch)
    assert told[1:] == ["training failed: MemoryError: no room"]
    assert watch.bot.ask("who makes assam").answered


def test_a_chat_by_lines_follows_its_files(tea, cache):
    Bot(tea, cache=cache)
    command = [sys.executable, "-m", "bot", "--cache", str(cache), "--content", str(tea)]
    chat = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    chat.stdin.write("who makes assam\n")
    chat.stdin.flush()
    assert "is made by" in chat.stdout.readline()
    edit(tea / "intents/maker.yaml", "is made by", "comes from")
    assert chat.stderr.readline() == "[reloaded]\n"
    assert "Assam Gold comes from" in chat.communicate("and sencha?\nwho makes assam\n", timeout=60)[0]
