"""What `genai-bot check` finds across files: each planted fault at its line, and nothing in content that has none."""

import json
from datetime import date
from pathlib import Path

import pytest
from test_errors import ASSAM, DEFINE, MAKER, MISTAKES, SOURCES, spoil

from bot.authoring.check import check
from bot.authoring.rules import RULES

VERDICT, SENCHA, PROPERTIES = "intents/verdict.yaml", "knowledge/product/sencha.yaml", "knowledge/properties.yaml"
LEAF = "knowledge/company/leafworks.yaml"

# file, what stands there, the fault, and the complaint: place, a part of the message, rule, severity.
FAULTS = {
    "a sentence under two intents": (
        MAKER,
        "  (which company",
        "  Tell me about {subject}!\n  (which company",
        ":6:3:",
        "also asked under intent 'define' (intents/define.yaml:6)",
        "duplicate-example",
        "warning",
    ),
    "a sentence the base answers": (
        DEFINE,
        "  {subject} m",
        "  what can you do\n  {subject} m",
        ":8:3:",
        "base",
        "duplicate-example",
        "warning",
    ),
    "a sentence but for an article and a plural": (
        VERDICT,
        "  {subject} is",
        "  who are behind the {subject}\n  {subject} is",
        ":8:3:",
        "nearly asked under intent 'maker' (intents/maker.yaml:6)",
        "near-duplicate",
        "warning",
    ),
    "examples that are one sentence": (
        MAKER,
        "  (which company|who) is behind {subject}\n  where does {subject} come from\n",
        "  who (makes|grows) the {subject}\n  who makes my {subject}\n",
        ":5:3:",
        "of their words",
        "uniform-examples",
        "warning",
    ),
    "a fact that some lack": (
        SENCHA,
        "      maker: [leafworks]\n",
        "",
        "intents/maker.yaml:8:1:",
        "no answer is left for 1 of 3 ('sencha')",
        "lacking-fact",
        "note",
    ),
    "a thing of two disjoint kinds": (
        ASSAM,
        "[black-tea]",
        "[black-tea, green-tea]",
        ":6:7:",
        "said to be disjoint",
        "disjoint-kinds",
        "warning",
    ),
    "a fact past its shelf life": (
        ASSAM,
        "      what:",
        "      price: 4 euros\n      what:",
        ":8:7:",
        "keeps 30 days and was read 89 days ago",
        "stale-fact",
        "warning",
    ),
    "a fact most have and one lacks": (
        "knowledge/product/oolong.yaml",
        "      maker: [leafworks]\n",
        "",
        ":1:1:",
        "lacks maker",
        "missing-property",
        "warning",
    ),
    "an example of another intent": (
        VERDICT,
        "  {subject} is",
        "  where does {subject} come from originally\n  {subject} is",
        ":8:3:",
        "nearer to intent 'maker'",
        "closer-elsewhere",
        "note",
    ),
    "too few examples": (
        VERDICT,
        "  (does|would) {subject} (count|pass) as {category}\n",
        "",
        ":6:3:",
        "write at least 3",
        "few-examples",
        "warning",
    ),
    "a name that is an everyday word": (
        SENCHA,
        "name: Sencha",
        "name: Sencha\naliases: [green]",
        ":2:11:",
        "`ambiguous`",
        "everyday-alias",
        "warning",
    ),
    "one name for two things": (
        SENCHA,
        "name: Sencha",
        "name: Sencha\naliases: [assam]",
        ":2:11:",
        "also one of 'assam'",
        "alias-collision",
        "warning",
    ),
    "a slot no example names": (
        MAKER,
        "examples:",
        "  place: {kind: concept}\nexamples:",
        ":4:3:",
        "write it into an example",
        "unfilled-slot",
        "warning",
    ),
    "a kind nothing is of": (
        MAKER,
        "kind: [product]",
        "kind: [dataset]",
        ":3:3:",
        "nothing on record is a dataset",
        "unfilled-slot",
        "warning",
    ),
    "a slot misspelt in a template": (
        MAKER,
        "{{ subject.name }}",
        "{{ subjct.name }}",
        ":10:10:",
        "did you mean 'subject'?",
        "unknown-name",
        "error",
    ),
    "a fact there is not": (
        MAKER,
        "subject.makers",
        "subject.markers",
        ":10:48:",
        "did you mean 'makers'?",
        "unknown-name",
        "error",
    ),
    "a condition on nothing": (
        VERDICT,
        'category) == "no"',
        'categry) == "no"',
        ":13:28:",
        "did you mean 'category'?",
        "unknown-name",
        "error",
    ),
    "an answer behind another": (
        MAKER,
        "answers:\n",
        "answers:\n  - say: I know {{ subject.name }}.\n",
        ":10:5:",
        "line 9 applies whenever this one does",
        "unreachable-answer",
        "warning",
    ),
    "a condition that never holds": (
        MAKER,
        "  - say: |",
        "  - when: false\n    say: |",
        ":9:5:",
        "never holds",
        "unreachable-answer",
        "warning",
    ),
    "a number in a template": (
        MAKER,
        ".\n",
        ", for 4 euros.\n",
        ":10:63:",
        "the number '4 euros' is typed in",
        "typed-in-fact",
        "warning",
    ),
    "a date in a template": (MAKER, ".\n", ", since May 2020.\n", ":10:65:", "the date 'May 2020'", "typed-in-fact", "warning"),
    "a name in a template": (
        MAKER,
        "is made by {{",
        "is Leafworks or {{",
        ":10:29:",
        "the name 'Leafworks'",
        "typed-in-fact",
        "warning",
    ),
    "an answer without a fact": (
        DEFINE,
        "{{ subject.summary }}",
        "It is a tea.",
        ":10:5:",
        "has no source",
        "unsourced-answer",
        "note",
    ),
    "a source nobody cites": (
        SOURCES,
        "leaf-guide:\n",
        "old: {title: T, publisher: P, url: 'https://e.org', read: 2020}\nleaf-guide:\n",
        ":1:6:",
        "nothing cites 'old'",
        "unused-source",
        "warning",
    ),
    "a line left to finish": (ASSAM, "a malty black tea\n", "TODO\n", ":8:13:", "finish the line", "unfinished", "warning"),
    "a pattern that explodes": (
        DEFINE,
        "  {subject} meaning",
        "  " + "(a|b|c|d|e|f|g|h) " * 5 + "{subject}",
        ":8:3:",
        "stands for 32,768 sentences",
        "pattern-explodes",
        "warning",
    ),
    "a shelf life that is no number": (
        PROPERTIES,
        "label: summary",
        "label: summary, shelf_life: long",
        ":6:",
        "no number of days",
        "wrong-type",
        "error",
    ),
    "a fact twice": (
        ASSAM,
        "    says:\n",
        "    says:\n      summary: It is malty.\n",
        ":10:7:",
        "'summary' is given twice",
        "duplicate-key",
        "error",
    ),
}


GREEN = """name: green tea
facts:
  - source: leaf-guide
    says: {what: unoxidised tea, summary: Green tea is tea that was not oxidised., disjoint_with: [black-tea]}
"""
OOLONG = """name: oolong
facts:
  - source: leaf-guide
    says:
      maker: [leafworks]
      what: a half-oxidised tea
      summary: Oolong lies between green tea and black.
"""
TODAY = date(2026, 4, 30)


@pytest.fixture
def shelves(content: Path) -> Path:
    """The tiny content with a second kind of tea, a third tea and a fact that ages, and nothing to complain of."""
    (content / "knowledge/concept/green-tea.yaml").write_text(GREEN)
    (content / "knowledge/product/oolong.yaml").write_text(OOLONG)
    with (content / PROPERTIES).open("a") as out:
        out.write("  price: {type: text, label: price, shelf_life: 30}\n")
    return content


def test_content_without_a_fault_brings_no_warning(shelves):
    assert [str(p) for p in check([shelves], TODAY, thorough=False) if p.severity != "note"] == []


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS.keys())
def test_a_planted_fault_is_found_at_its_line(shelves, fault):
    file, old, new, place, message, rule, severity = fault
    spoil(shelves, file, old, new)
    place = place if place[0] != ":" else file + place
    problems = check([shelves], TODAY, thorough=rule == "closer-elsewhere")
    found = [p for p in problems if f"{p.file}:{p.line}:{p.col}:".startswith(place) and p.rule == rule]
    assert [p.severity for p in found if message in p.message] == [severity], [str(p) for p in problems]


# Rules whose tests stand by themselves, here and in test_errors.py.
BY_ITSELF = {"missing-folder", "unknown-folder", "encoding", "empty-file", "duplicate-id"}


def test_every_rule_is_documented_and_every_documented_rule_is_tested():
    tested = {f[5] for f in (*FAULTS.values(), *MISTAKES.values())} | BY_ITSELF
    assert tested == set(RULES)
    assert {f[5]: f[6] for f in FAULTS.values()}.items() <= {name: rule.severity for name, rule in RULES.items()}.items()


def test_the_manual_gives_each_rule_an_example(command):
    out = command("check", "--rules").out
    for rule in RULES.values():
        assert f"{rule.name} ({rule.severity})\n    {rule.why}\n    not    {rule.bad.splitlines()[0]}" in out


def test_a_folder_of_no_kind_is_told_with_the_kind_that_was_meant(content):
    (content / "knowledge/prodct").mkdir()
    (content / "knowledge/prodct/mate.yaml").write_text("name: mate\n")
    problem = check([content])[0]
    assert (
        str(problem) == "knowledge/prodct/mate.yaml:0:0: no kind of knowledge 'prodct'; did you mean 'product'? [unknown-folder]"
    )


def test_a_missing_folder_is_told(command, tmp_path):
    ran = command("check", str(tmp_path / "none"))
    assert ran.code == 4
    assert "no such folder [missing-folder]" in ran.out


def test_a_broken_file_does_not_hide_a_collision_elsewhere(content):
    spoil(content, *FAULTS["a sentence under two intents"][:3])
    spoil(content, ASSAM, "says:", "sayz:")
    assert {"unknown-key", "duplicate-example"} <= {p.rule for p in check([content], thorough=False)}


# ------------------------------------------------------------------------------------------------ NLU data of known faults

# Sentences of a shop's intents, none of which says what another says.
INTENTS = {
    "track": ["where is my parcel", "has my order shipped yet", "track the delivery", "how long does delivery take abroad"],
    "refund": ["i want my money back", "how do refunds work", "give me a refund", "refund this purchase"],
    "hours": ["when do you open", "are you open on sunday", "what are your opening hours", "until what time is the shop open"],
    "size": ["does this run small", "which size fits me", "is there a size chart", "i need a larger size"],
    "cancel": ["cancel my order", "i changed my mind about the purchase", "stop the shipment", "can i still cancel"],
}
# (intent it is planted in, the line, the intent and the line it collides with, the rule)
PLANTED = [
    ("refund", "Where is my parcel?", "track", "where is my parcel", "duplicate-example"),
    ("size", "CANCEL MY ORDER!!", "cancel", "cancel my order", "duplicate-example"),
    ("hours", "how do refunds work ...", "refund", "how do refunds work", "duplicate-example"),
    ("cancel", "when   do you open", "hours", "when do you open", "duplicate-example"),
    ("track", "Is there a size-chart", "size", "is there a size chart", "duplicate-example"),
    ("cancel", "(please|kindly) give me a refund", "refund", "give me a refund", "duplicate-example"),
    ("size", "has my orders shipped yet", "track", "has my order shipped yet", "near-duplicate"),
    ("track", "are you open on a sunday", "hours", "are you open on sunday", "near-duplicate"),
    ("refund", "i changed my mind about my purchase", "cancel", "i changed my mind about the purchase", "near-duplicate"),
    ("size", "abroad how long does delivery take", "track", "how long does delivery take abroad", "near-duplicate"),
]


def nlu(folder: Path, planted: bool) -> dict[tuple[str, str], int]:
    """Write the intents as content; return (intent, text) -> line."""
    (folder / "intents").mkdir(parents=True)
    places = {}
    for name, lines in INTENTS.items():
        lines = lines + [text for intent, text, *_ in PLANTED if planted and intent == name]
        head = f"question: About {name}?\nexamples: |\n"
        body = "".join(f"  {line}\n" for line in lines)
        (folder / "intents" / f"{name}.yaml").write_text(head + body + f"answers:\n  - status: abstain\n    say: See {name}.\n")
        places |= {(name, line): 3 + i for i, line in enumerate(lines)}
    return places


COLLISIONS = ("duplicate-example", "near-duplicate")


def test_every_planted_collision_is_found_naming_both_lines_and_nothing_else(tmp_path):
    places = nlu(tmp_path, planted=True)
    found = {
        (frozenset({f"{p.file}:{p.line}", p.message.partition("(")[2].partition(")")[0]}), p.rule)
        for p in check([tmp_path], thorough=False)
        if p.rule in COLLISIONS
    }
    wanted = {
        (frozenset({f"intents/{a}.yaml:{places[a, text]}", f"intents/{b}.yaml:{places[b, other]}"}), rule)
        for a, text, b, other, rule in PLANTED
    }
    assert found == wanted


def test_intents_that_do_not_collide_bring_no_collision(tmp_path):
    nlu(tmp_path, planted=False)
    assert [str(p) for p in check([tmp_path], thorough=False) if p.rule in COLLISIONS] == []


def test_no_two_shipped_intents_collide():
    from bot import SHIPPED

    found = [p for p in check([SHIPPED], thorough=False) if p.rule in COLLISIONS and "under intent" in p.message]
    assert [str(p) for p in found if p.file.startswith("intents/")] == []


# ------------------------------------------------------------------------------------------------ how it is told


@pytest.fixture
def spoilt(content: Path) -> Path:
    spoil(content, *MISTAKES["a slot misspelt"][:3])
    return content


def test_the_line_is_shown_with_a_mark_below_the_fault(command, spoilt):
    rows = command("check", str(spoilt)).out.splitlines()
    at = next(i for i, row in enumerate(rows) if row.startswith("intents/define.yaml:6:25:"))
    assert rows[at + 1 : at + 3] == ["     6 |   (tell|teach) me about {subjct}", "       |                         ^"]


def test_json_gives_every_field(command, spoilt):
    ran = command("check", "--format", "json", "--least", "error", str(spoilt))
    (problem,) = json.loads(ran.out)
    assert problem["path"].endswith("content/intents/define.yaml")
    assert (problem["line"], problem["col"], problem["severity"], problem["rule"]) == (6, 25, "error", "unknown-slot")
    assert problem["shown"] == "  (tell|teach) me about {subjct}"
    assert ran.code == 4


def test_github_gets_an_annotation_a_problem(command, spoilt):
    out = command("check", "--format", "github", "--least", "error", str(spoilt)).out
    assert out.startswith("::error file=")
    assert "define.yaml,line=6,col=25,title=unknown-slot::'subjct' is no slot here; did you mean 'subject'?" in out


def test_notes_never_fail_and_may_be_left_out(command, content):
    spoil(content, *FAULTS["an answer without a fact"][:3])
    assert command("check", "--quick", "--strict", str(content)).code == 0
    assert "[unsourced-answer]" not in command("check", "--least", "warning", str(content)).out


def test_control_characters_of_a_file_do_not_reach_the_terminal(command, content):
    spoil(content, MAKER, "{{ subject.name }}", '{{ "\\u202e" }} \u202etxt 5 euros {{ subject.name }}')
    assert "\u202e" not in command("check", str(content)).out
