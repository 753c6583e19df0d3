"""What an author gets told: every mistake at once, each at its place, with a way out."""

from pathlib import Path

import pytest

from bot import BotError, ContentError, Problem, StateError

ASSAM, MAKER, DEFINE = "knowledge/product/assam.yaml", "intents/maker.yaml", "intents/define.yaml"
SOURCES, TEA = "knowledge/source/sources.yaml", "knowledge/concept/black-tea.yaml"
WORDS = "intents/words.yaml"

# file, what stands there, the mistake, and the complaint: place, a part of the message, rule.
MISTAKES = {
    "a key misspelt": (DEFINE, "examples:", "exmaples:", ":4:1:", "did you mean 'examples'?", "unknown-key"),
    "a key twice": (MAKER, "slots:", "question: Who?\nslots:", ":2:1:", "'question' is given twice", "duplicate-key"),
    "a key left out": (MAKER, "question: Who makes {subject}?\n", "", ":1:1:", "needs 'question'", "missing-key"),
    "a slot misspelt": (DEFINE, "me about {subject}", "me about {subjct}", ":6:25:", "did you mean 'subject'?", "unknown-slot"),
    "a bracket left open": (DEFINE, "(tell|teach) me", "(tell|teach me", ":6:3:", "'(' is never closed", "pattern"),
    "a choice without brackets": (DEFINE, "(tell|teach) me", "tell|teach me", ":6:7:", "write (this|that)", "pattern"),
    "no such kind": (MAKER, "kind: [product]", "kind: [prodct]", ":3:20:", "did you mean 'product'?", "unknown-kind"),
    "a template cut short": (MAKER, "{{ subject.makers }}", "{{ subject.makers }", ":10:1:", "not a template", "template"),
    "no such source": (ASSAM, "leaf-guide", "leaf-gide", ":4:13:", "did you mean 'leaf-guide'?", "unknown-source"),
    "no such company": (ASSAM, "[leafworks]", "[leafwork]", ":7:15:", "did you mean 'leafworks'?", "unknown-entity"),
    "a company for a concept": (ASSAM, "[black-tea]", "[leafworks]", ":6:14:", "is a company; wanted: concept", "wrong-kind"),
    "no such property": (ASSAM, "maker:", "makr:", ":7:7:", "did you mean 'maker'?", "unknown-property"),
    "a fact without a source": (ASSAM, "source: leaf-guide", "as_of: 2026", ":4:5:", "needs 'source'", "missing-key"),
    "a list for a text": (ASSAM, "what: a malty black tea", "what: [a, b]", ":8:13:", "must be text", "wrong-type"),
    "a colon in plain text": (ASSAM, "a malty black tea\n", "malty: and black\n", ":8:18:", "quotes around it", "yaml"),
    "a tab": (ASSAM, "    says:", "\tsays:", ":5:1:", "not tabs", "yaml"),
    "a date of another country": (SOURCES, "2026-01-31", "31.1.2026", ":5:9:", "write YYYY, YYYY-MM", "bad-date"),
    "an address that is none": (SOURCES, "https://", "www.", ":4:8:", "starts with https://", "bad-url"),
    "no such format": ("knowledge/properties.yaml", "format: 1", "format: 7", ":1:9:", "reads content format 1", "format"),
    "an intent of a later format": (MAKER, "question:", "format: 2\nquestion:", ":1:9:", "reads content format 1", "format"),
    "nothing where a text must be": (MAKER, "Who makes {subject}?", '""', ":1:11:", "is empty", "empty-value"),
    "a word that is no status": (
        MAKER,
        "  - say: |",
        "  - status: abstains\n    say: |",
        ":9:13:",
        "did you mean 'abstain'?",
        "unknown-choice",
    ),
    "a fact twice": (
        ASSAM,
        "facts:",
        "facts:\n  - source: leaf-guide\n    says: {what: tea}",
        ":10:7:",
        "stated twice",
        "contradiction",
    ),
    "a word in two groups": (
        WORDS,
        "buy get",
        "buy get\n  get fetch",
        ":4:3:",
        "already stands in the group of 'buy'",
        "duplicate-synonym",
    ),
    "a kind of itself": (TEA, "says:", "says:\n      is_a: [black-tea]", ":5:7:", "black-tea -> black-tea", "is-a-cycle"),
}


def spoil(content: Path, file: str, old: str, new: str) -> None:
    path = content / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


@pytest.mark.parametrize("mistake", MISTAKES.values(), ids=MISTAKES.keys())
def test_a_mistake_is_found_at_its_place(command, content, mistake):
    file, old, new, place, message, rule = mistake
    spoil(content, file, old, new)
    ran = command("check", str(content))
    assert ran.code == 4
    found = [line for line in ran.out.splitlines() if line.startswith(file + place)]
    assert any(message in line and line.endswith(f"[{rule}]") for line in found), ran.out


def test_all_mistakes_are_told_at_once_in_order_of_place(command, content):
    names = (
        "a key misspelt",
        "no such kind",
        "no such source",
        "no such company",
        "a list for a text",
        "an address that is none",
    )
    for name in names:
        spoil(content, *MISTAKES[name][:3])
    ran = command("check", str(content))
    for name in names:
        file, _, _, place, message, _ = MISTAKES[name]
        assert any(line.startswith(file + place) and message in line for line in ran.out.splitlines()), (name, ran.out)
    told = [line for line in ran.out.splitlines()[:-1] if " | " not in line[:10]]
    places = [(p[0], int(p[1]), int(p[2])) for p in (line.split(":") for line in told)]
    assert places == sorted(places)
    assert ran.out.splitlines()[-1].startswith("7 error(s)")  # without its examples an intent lacks them too


@pytest.mark.parametrize("name", ["a slot misspelt", "a template cut short", "no such source", "a colon in plain text"])
def test_asking_a_spoilt_bot_ends_with_4_and_the_same_complaint(command, content, name):
    file, old, new, place, message, rule = MISTAKES[name]
    spoil(content, file, old, new)
    ran = command("ask", "who makes assam", "--content", str(content))
    assert ran.code == 4
    assert ran.out == ""
    assert f"{file}{place}" in ran.err
    assert message in ran.err
    assert f"[{rule}]" in ran.err


def test_a_bracket_left_open_in_a_cue_is_a_complaint_too(command, content):
    (content / "knowledge" / "task").mkdir()
    task = "brewing:\n  name: brewing\n  cues: |\n    (brew|make tea\n  say: Use water.\n  source: leaf-guide\n"
    (content / "knowledge" / "task" / "tasks.yaml").write_text(task)
    ran = command("check", str(content))
    assert "knowledge/task/tasks.yaml:4:5: '(' is never closed [pattern]" in ran.out


def test_text_that_is_no_utf8_is_told_by_its_byte(command, content):
    path = content / ASSAM
    path.write_bytes(path.read_bytes().replace(b"malty", b"m\xe4lty", 1))
    assert f"{ASSAM}:1:1: not UTF-8 text" in command("check", str(content)).out


SHAPES = ["", "# nothing\n", "- a\n- list\n", "just text\n", "[" * 5000, "a: &x [*x]\n", "? {a: b}\n: c\n", "\ufeffname: x\n"]


@pytest.mark.parametrize("text", SHAPES)
def test_a_file_of_another_shape_is_a_complaint_not_a_crash(command, content, text):
    (content / ASSAM).write_text(text, encoding="utf-8")
    ran = command("check", str(content))
    assert ran.code == 4
    assert ASSAM in ran.out


def test_the_same_id_in_two_files_is_a_complaint(command, content):
    again = content / "knowledge" / "source" / "more.yaml"
    again.write_text((content / SOURCES).read_text())
    out = command("check", str(content)).out
    assert "'leaf-guide' is given twice" in out
    assert "[duplicate-id]" in out


def test_warnings_fail_only_where_they_are_asked_to(command, content):
    spoil(content, "knowledge/product/sencha.yaml", "name: Sencha", "name: Sencha\naliases: [assam]")
    ran = command("check", str(content))
    assert ran.code == 0
    assert "[alias-collision]" in ran.out
    assert command("check", "--strict", str(content)).code == 4


def test_problems_sort_by_place_and_read_as_one_line():
    later, sooner = Problem("b.yaml", 1, 1, "m", "r"), Problem("a.yaml", 20, 3, "m", "r")
    assert ContentError([later, sooner]).problems == [sooner, later]
    assert str(sooner) == "a.yaml:20:3: m [r]"


def test_one_except_clause_catches_all_that_is_raised_on_purpose():
    assert issubclass(ContentError, BotError)
    assert issubclass(StateError, BotError)
