"""The inbox: what a bot could not serve is logged, grouped, decided on and written into the content, losing nothing."""

import io
import random
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import TINY

from bot import Bot
from bot.authoring import files, inbox, journal
from bot.channels.cli import main

FRAMES = {
    "maker": ("which merchant stands behind {}", "pls name the firm that bottles {}", "do you know whose tea {} is"),
    "define": ("what sort of leaf is {} exactly", "hows {} classified"),
    "drop": (
        "how long do i steep {}",
        "how hot should the water be for {}",
        "is {} bio certified",
        "can my dog drink {}",
        "my order 4915112345678 of {} is late",
        "mail me at ann@example.org about {}",
    ),
}
NAMES = ("assam", "sencha", "assam gold", "the assam")


@pytest.fixture
def tea(tmp_path, monkeypatch) -> Path:
    """A copy of the tiny content under git, in the folder the test runs in."""
    monkeypatch.chdir(tmp_path)
    shutil.copytree(TINY, tmp_path / "tea")
    maker = tmp_path / "tea/intents/maker.yaml"
    maker.write_text(maker.read_text().replace("answers:", "# what is said\nanswers:  # a list"))
    for args in (["init", "-q"], ["add", "-A"], ["-c", "user.name=t", "-c", "user.email=t@t.invalid", "commit", "-qm", "tea"]):
        subprocess.run(["git", *args], cwd="tea", check=True)
    return Path("tea")


@pytest.fixture
def genai(cache, capsys):
    def run(*args: str) -> tuple[int, str, str]:
        try:
            code = main(["--cache", str(cache), *args])
        except SystemExit as stop:
            code = int(stop.code or 0)
        return (code, *capsys.readouterr())

    return run


def log_some(bot: Bot, path: Path, count: int) -> None:
    """Log questions that the bot could not serve, and thumb down the others, as the chat does."""
    chance = random.Random(7)
    frames = [f for some in FRAMES.values() for f in some]
    for _ in range(count):
        text = chance.choice(frames).format(chance.choice(NAMES)) + chance.choice(("", "?", " please", " thx"))
        reply = bot.ask(text)
        assert journal.note(path, text, reply, down=reply.answered)


def fill_in(path: Path) -> int:
    """Decide on every group by the wording it was made from, as an author would; return how many decisions."""
    blocks = path.read_text().split("# ")
    for number, block in enumerate(blocks):
        for intent, frames in FRAMES.items():
            if any(journal.mask(frame.split("{}")[0]) in block for frame in frames):
                blocks[number] = block.replace("accept: later", f"accept: {intent}")
    path.write_text("# ".join(blocks))
    return path.read_text().count("- accept: ")


def git_diff(folder: Path) -> list[str]:
    subprocess.run(["git", "add", "-A"], cwd=folder, check=True)
    ran = subprocess.run(["git", "diff", "--cached", "-U0"], cwd=folder, capture_output=True, text=True, check=True)
    return [line for line in ran.stdout.splitlines() if line[:1] in "+-" and line[:3] not in ("+++", "---")]


def test_200_questions_become_yaml_in_at_most_20_decisions_and_the_diff_only_adds(genai, tea, cache):
    log_some(Bot(tea, cache=cache), Path("log"), 200)
    assert genai("inbox", "--content", "tea", "--log", "log", "--write", "d.yaml")[0] == 0
    assert fill_in(Path("d.yaml")) <= 20
    code, out, _ = genai("inbox", "--content", "tea", "--log", "log", "--apply", "d.yaml")
    assert (code, journal.read(Path("log"))) == (0, [])
    assert "200 logged question(s) settled" in out
    changed = git_diff(tea)
    assert all(line.startswith("+") for line in changed)
    assert "+  which merchant stands behind {subject}" in changed
    assert "+    intent: maker" in changed
    assert genai("test", "--content", "tea")[0] == 0
    assert genai("ask", "--content", "tea", "which merchant stands behind assam")[1].startswith(
        "Assam Gold is made by Leafworks."
    )


def test_a_decision_carried_out_twice_adds_nothing_the_second_time(genai, tea, cache):
    log_some(Bot(tea, cache=cache), Path("log"), 30)
    shutil.copy("log", "again")
    genai("inbox", "--content", "tea", "--log", "log", "--write", "d.yaml")
    fill_in(Path("d.yaml"))
    genai("inbox", "--content", "tea", "--log", "log", "--apply", "d.yaml")
    before = git_diff(tea)
    # As after a crash between writing the content and settling the log.
    assert "0 line(s) added" in genai("inbox", "--content", "tea", "--log", "again", "--apply", "d.yaml")[1]
    assert (git_diff(tea), journal.read(Path("again"))) == (before, [])


def test_a_dry_run_shows_the_edit_and_what_else_changes_and_writes_nothing(genai, tea, cache):
    talk = tea / "conversations/t.yaml"
    files.replace(talk, "talk:\n  - you: assam bottled by whom\n    status: answered|clarify|abstain\n")
    log_some(Bot(tea, cache=cache), Path("log"), 5)
    Path("d.yaml").write_text("- accept: maker\n  questions: [assam bottled by whom]\n")
    code, out, _ = genai("inbox", "--content", "tea", "--log", "log", "--apply", "d.yaml", "--dry-run")
    assert code == 0
    assert "+  {subject} bottled by whom" in out
    assert "changes tea/conversations/t.yaml:2: assam bottled by whom: " in out
    assert len(journal.read(Path("log"))) == 5
    assert "bottled" not in (tea / "intents/maker.yaml").read_text()


def test_decisions_can_be_typed(genai, tea, cache, monkeypatch):
    bot = Bot(tea, cache=cache)
    for text in ("whose firm bottles sencha", "can my dog drink it all day long"):
        assert journal.note(Path("log"), text, bot.ask(text), down=True)
    groups = inbox.groups(bot, journal.read(Path("log")))
    typed = {"whose firm bottles sencha": "makre\nmaker\n", "can my dog drink it all day long": "d\n"}
    monkeypatch.setattr(sys, "stdin", io.StringIO("".join(typed[g.texts[0]] for g in groups)))
    out = genai("inbox", "--content", "tea", "--log", "log")[1]
    assert "no intent 'makre'; did you mean 'maker'?" in out
    assert "1 line(s) added, 2 logged question(s) settled" in out


def test_every_mistake_in_decisions_has_its_place(genai, tea):
    Path("d.yaml").write_text("- accept: makre\n  questions: [x]\n- acept: maker\n- accept: greeting\n  questions: [yo]\n")
    code, _, err = genai("inbox", "--content", "tea", "--log", "log", "--apply", "d.yaml")
    assert code == 4
    assert "d.yaml:1:11: no intent 'makre'; did you mean 'maker'? [unknown-intent]" in err
    assert "'acept' is no key of a decision; did you mean 'accept'?" in err
    assert "d.yaml:4:11: 'greeting' belongs to the base" in err


# ------------------------------------------------------------------------------------------------ the log


def test_nothing_is_logged_unless_a_file_is_named(genai, tea, tmp_path):
    genai("ask", "--content", "tea", "who won the cup")
    assert not list(tmp_path.rglob("*.lock"))
    genai("ask", "--content", "tea", "--log", "log", "who won the cup")
    genai("ask", "--content", "tea", "--log", "log", "who makes assam")
    assert [(e.text, e.why) for e in journal.read(Path("log"))] == [("who won the cup", "abstain")]


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("write to Ann.B+c@mail.example.org!", "write to <email>"),
        ("ann@example.org, bob@example.org", "<email>, <email>"),
        ("card 4111 1111-1111 1111 now", "card <number> now"),
        ("call +49 (30) 123/4567", "call <number>"),
        ("since 2024-05-13, gpt-4.5 has 175 000 users", "since 2024-05-13, gpt-4.5 has 175 000 users"),
        ("one\nline\x1b[2Jonly", "one line [2Jonly"),
        ("x" * 499 + " 4111111111111111", "x" * 499 + " "),
    ],
)
def test_addresses_and_long_numbers_are_masked(text, masked):
    assert journal.mask(text) == masked


WRITE = """
import sys
from pathlib import Path
from bot.authoring import journal
from bot.types import Reply
for i in range(60):
    journal.note(Path("log"), f"{sys.argv[1]} question {i}", Reply("", "abstain"))
"""


def test_writers_at_once_and_a_settler_among_them_lose_nothing(tea):
    writers = [subprocess.Popen([sys.executable, "-c", WRITE, name]) for name in "abcd"]
    gone = 0
    while any(w.poll() is None for w in writers):
        gone += journal.settle(Path("log"), {f"a question {i}" for i in range(60)})
    gone += journal.settle(Path("log"), {f"a question {i}" for i in range(60)})
    assert [w.returncode for w in writers] == [0, 0, 0, 0]
    left = sorted(e.text for e in journal.read(Path("log")))
    assert (gone, left) == (60, sorted(f"{name} question {i}" for name in "bcd" for i in range(60)))


def test_a_line_torn_by_a_crash_costs_no_other_line(tea, cache):
    bot = Bot(tea, cache=cache)
    journal.note(Path("log"), "who won", bot.ask("who won"))
    with Path("log").open("ab") as file:
        file.write(b'{"text":"half a li\xff')
    journal.note(Path("log"), "who lost", bot.ask("who lost"), down=True)
    assert [e.text for e in journal.read(Path("log"))] == ["who won", "who lost"]
    assert journal.settle(Path("log"), {"who won"}) == 1
    assert Path("log").read_bytes().startswith(b'{"text":"half a li\xff\n')


def test_a_write_that_fails_leaves_the_old_file(tea, monkeypatch):
    path = tea / "intents/maker.yaml"
    before = path.read_text()
    monkeypatch.setattr(files.os, "replace", lambda *a: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(OSError, match="disk full"):
        files.replace(path, "half")
    assert (path.read_text(), len(list(path.parent.iterdir()))) == (before, 4)
