"""`genai-bot diff`: the questions an edit changes, by the edited line; answers and facts are not trained again."""

import shutil
import subprocess
from pathlib import Path

import pytest
from conftest import TINY

from bot import Bot, compiled
from bot.channels.cli import main

TALK = "talk:\n" + "".join(
    f"  - you: {q}\n" for q in ("who makes assam", "and sencha?", "what is sencha", "whose product is assam")
)


@pytest.fixture
def tea(tmp_path, monkeypatch) -> Path:
    """The tiny content and a conversation, committed."""
    monkeypatch.chdir(tmp_path)
    shutil.copytree(TINY, tmp_path / "tea")
    (tmp_path / "tea/conversations").mkdir()
    (tmp_path / "tea/conversations/t.yaml").write_text(TALK)
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


def edit(path: Path, old: str, new: str) -> None:
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))


def test_changed_questions_stand_under_the_line_that_changed_them(genai, tea):
    shutil.copytree(tea, "before")
    edit(tea / "knowledge/product/sencha.yaml", "steamed green tea.", "steamed Japanese tea.")
    edit(tea / "intents/maker.yaml", "is made by", "comes from")
    edit(tea / "intents/maker.yaml", "answers:", "  whose product is {subject}\nanswers:")
    code, out, _ = genai("diff", "--content", "tea", "HEAD")
    lines = [line for line in out.splitlines() if not line.startswith("      ")]
    assert code == 1
    assert lines[0] == "intents/maker.yaml:8: +   whose product is {subject}".replace("+   ", "+ ")
    assert lines[1].startswith("    whose product is assam: ")
    assert lines[1].endswith("answered maker 0.97  (tea/conversations/t.yaml:5)")
    assert lines[2] == "intents/maker.yaml:11: + {{ subject.name }} comes from {{ subject.makers }}."
    assert [line.split(":")[0].strip() for line in lines[3:5]] == ["who makes assam", "and sencha?"]
    assert lines[5:7] == [
        "knowledge/product/sencha.yaml:7: + summary: Sencha is a steamed Japanese tea.",
        "    what is sencha: says something else  (tea/conversations/t.yaml:4)",
    ]
    assert lines[7:] == ["3 line(s) edited; 4 of 4 question(s) change"]
    assert genai("diff", "before", "tea")[1] == out


def test_questions_of_a_file_are_asked_too(genai, tea):
    edit(tea / "knowledge/product/assam.yaml", "a malty black tea from", "a strong black tea from")
    Path("asked.txt").write_text("tell me about assam\nwho won the cup\n")
    out = genai("diff", "--content", "tea", "HEAD", "--questions", "asked.txt")[1]
    assert "    tell me about assam: says something else\n" in out
    assert "1 line(s) edited; 2 of 6 question(s) change" in out


def test_an_unedited_folder_says_so(genai, tea):
    assert genai("diff", "--content", "tea", "HEAD")[:2] == (0, "no line of the content differs\n")


@pytest.mark.parametrize("revision", ["nope", "--output=x"])
def test_a_revision_that_is_none_is_named(genai, tea, revision):
    code, _, err = genai("diff", "--content", "tea", "--", revision)
    assert (code, revision in err) == (1, True)


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("knowledge/product/sencha.yaml", "steamed green tea.", "steamed Japanese tea."),
        ("knowledge/product/sencha.yaml", "      what: a steamed green tea\n", ""),
        ("intents/maker.yaml", "is made by", "comes from"),
        ("intents/maker.yaml", "question: Who makes", "question: Who grows"),
        ("intents/maker.yaml", "who (makes", "who (buys|makes"),
        ("knowledge/product/assam.yaml", "      is_a: [black-tea]\n", ""),
        ("knowledge/product/assam.yaml", "[assam]", "[assam, second flush]"),
        ("intents/words.yaml", "buy get", "buy get purchase"),
    ],
)
def test_taking_over_training_gives_the_very_build_a_full_one_gives(tea, cache, file, old, new):
    before = Bot(tea, cache=cache).compiled
    edit(tea / file, old, new)
    assert compiled.dump(compiled.build([tea], earlier=[before])) == compiled.dump(compiled.build([tea]))
