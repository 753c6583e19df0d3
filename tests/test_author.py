"""The author's commands: new folders, intents and entities, editor schemas, patterns, trials, the nearest lines."""

import json
import re
from pathlib import Path

import jsonschema
import pytest
import yaml
from test_errors import DEFINE, MISTAKES, spoil

from bot import SHIPPED, content
from bot.authoring import editors
from bot.authoring.check import check
from bot.channels.cli import main
from bot.content import KEYS

HERE = Path(__file__).parent


@pytest.fixture
def genai(cache, tmp_path, monkeypatch, capsys):
    """Run the command in a folder of its own; return (exit code, stdout, stderr)."""
    monkeypatch.chdir(tmp_path)

    def run(*args: str) -> tuple[int, str, str]:
        try:
            code = main(["--cache", str(cache), *args])
        except SystemExit as stop:
            code = int(stop.code or 0)
        return (code, *capsys.readouterr())

    return run


# ------------------------------------------------------------------------------------------------ scaffolds


@pytest.mark.parametrize(("folder", "name"), [("tea_house", "Tea house"), ("2cv", "2cv"), ("Ärzte", "Ärzte"), ("---", "Subject")])
def test_a_new_folder_answers_at_once_and_has_no_fault(genai, folder, name):
    assert genai("init", f"./{folder}")[0] == 0
    assert [str(p) for p in check([Path(folder)])] == []
    code, out, _ = genai("ask", "--content", f"./{folder}", f"What is {name}?")
    assert (code, out.splitlines()[0].split(" is what")[0]) == (0, name)
    assert "faq.yaml" in genai("ask", "--content", f"./{folder}", "how can I teach you another answer?")[1]


def test_a_new_folder_knows_nothing_of_the_shipped_subject(genai):
    genai("init", "shop")
    assert genai("ask", "--content", "shop", "Is ChatGPT an LLM?")[0] == 3


def test_a_folder_that_holds_something_is_left_alone(genai, tmp_path):
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "notes.txt").write_text("mine")
    code, _, err = genai("init", "shop")
    assert (code, err) == (1, "genai-bot: shop holds something already; name a new or empty folder\n")
    assert [p.name for p in (tmp_path / "shop").iterdir()] == ["notes.txt"]


def test_a_new_intent_and_entity_are_valid_and_say_what_is_left_to_do(genai):
    genai("init", "shop")
    assert genai("new", "intent", "delivery_time", "--in", "shop")[1] == "wrote shop/intents/delivery_time.yaml\n"
    assert genai("new", "entity", "product", "Kettle: the “big” one", "--in", "shop")[0] == 0
    found = check([Path("shop")])
    assert {p.rule for p in found} == {"unfinished"}
    assert [p.file for p in found] == ["intents/delivery_time.yaml", *["knowledge/product/kettle-the-big-one.yaml"] * 2]


def test_a_new_intent_reads_the_property_of_its_name_where_there_is_one(genai, tmp_path):
    genai("init", "shop")
    genai("new", "intent", "what", "--in", "shop")
    assert "{{ subject.what }}" in (tmp_path / "shop/intents/what.yaml").read_text()
    assert [str(p) for p in check([Path("shop")]) if p.severity == "error"] == []


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("new", "intent", "Über uns"), "is no name of an intent"),
        (("new", "intent", "../escape"), "is no name of an intent"),
        (("new", "intent", "define"), "there is an intent 'define' already"),
        (("new", "intent", "greeting"), "there is an intent 'greeting' already (base/greeting.yaml)"),
        (("new", "entity", "prodct", "Kettle"), "did you mean 'product'?"),
        (("new", "entity", "concept", "Shop"), "there is an entity 'shop' already"),
        (("new", "entity", "concept", "  "), "needs a name"),
    ],
)
def test_a_name_that_is_unfit_or_taken_is_refused_with_a_reason(genai, args, message):
    genai("init", "shop")
    code, _, err = genai(*args, "--in", "shop")
    assert code == 1
    assert message in err


def test_new_outside_a_content_folder_says_how_to_make_one(genai):
    assert "`genai-bot init FOLDER` makes one" in genai("new", "intent", "price")[2]


def test_an_entity_cannot_be_written_outside_the_folder(genai, tmp_path):
    genai("init", "shop")
    genai("new", "entity", "product", "../../../etc/passwd", "--in", "shop")
    assert (tmp_path / "shop/knowledge/product/etc-passwd.yaml").exists()


# ------------------------------------------------------------------------------------------------ schemas

# The kind of record each schema is of, by folder; entities of every kind share one.
SCHEMA_OF = {"source": "source", "statement": "statement", "contrast": "contrast", "task": "task", "constraint": "constraint"}


class Editor(yaml.CBaseLoader):
    """Reads YAML 1.2 as editors do: true and false and whole numbers are no text, dates and yes are."""


Editor.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile("(true|false)$"), list("tf"))
Editor.add_implicit_resolver("tag:yaml.org,2002:int", re.compile(r"\d+$"), list("0123456789"))
Editor.add_constructor("tag:yaml.org,2002:bool", lambda loader, node: node.value == "true")
Editor.add_constructor("tag:yaml.org,2002:int", lambda loader, node: int(node.value))


def as_an_editor_reads(path: Path):
    return yaml.load(path.read_text(encoding="utf-8"), Loader=Editor)


def schema_of(path: Path) -> str:
    if path.stem in ("words", "properties"):
        return path.stem
    return SCHEMA_OF.get(path.parent.name) or ("entity" if path.parent.name in content.KINDS else "intent")


def test_all_shipped_content_fits_the_schemas_of_its_own_ids():
    made = editors.schemas(content.survey([SHIPPED])[0])
    validators = {name: jsonschema.Draft7Validator(schema) for name, schema in made.items()}
    for path, shown in content.files([SHIPPED]):
        faults = [e.message for e in validators[schema_of(path)].iter_errors(as_an_editor_reads(path))]
        assert faults == [], shown


@pytest.mark.parametrize(
    "name",
    [
        "a key misspelt",
        "no such kind",
        "no such property",
        "a date of another country",
        "an address that is none",
        "a word that is no status",
    ],
)
def test_a_mistake_an_editor_can_see_does_not_fit_its_schema(content_folder, name):
    file = MISTAKES[name][0]
    made = editors.schemas(content.survey([content_folder])[0])
    spoil(content_folder, *MISTAKES[name][:3])
    data = as_an_editor_reads(content_folder / file)
    assert list(jsonschema.Draft7Validator(made[schema_of(content_folder / file)]).iter_errors(data))


@pytest.fixture
def content_folder(content):
    return content


def test_the_schemas_in_the_package_are_those_the_command_writes(genai, tmp_path):
    assert genai("schema", "--to", "out")[0] == 0
    shipped = Path(editors.__file__).parent.parent / "data" / "schema"
    assert {p.name: p.read_text() for p in shipped.iterdir()} == {p.name: p.read_text() for p in (tmp_path / "out").iterdir()}


def test_a_schema_knows_every_key_the_reader_knows():
    found = {}

    def walk(schema):
        if isinstance(schema, dict):
            if schema.get("additionalProperties") is False:
                found[frozenset(schema["properties"])] = True
            for value in schema.values():
                walk(value)
        elif isinstance(schema, list):
            for value in schema:
                walk(value)

    walk(editors.schemas())
    assert set(found) == {frozenset(keys) for keys in KEYS.values()}


def test_a_folders_schema_offers_its_own_ids(genai, tmp_path):
    genai("init", "shop")
    genai("new", "entity", "company", "Leafworks", "--in", "shop")
    genai("schema", "shop")
    schema = json.loads((tmp_path / "shop/.schema/entity.json").read_text())
    says = schema["properties"]["facts"]["items"]["properties"]["says"]["properties"]
    assert "leafworks" in json.dumps(says["maker"])
    assert "leafworks" not in json.dumps(says["is_a"])


def test_every_scaffold_names_a_schema_that_is_there(genai, tmp_path):
    genai("init", "shop")
    genai("new", "intent", "price", "--in", "shop")
    genai("new", "entity", "product", "kettle", "--in", "shop")
    for path in (tmp_path / "shop").rglob("*.yaml"):
        mark, _, name = path.read_text().split("\n")[0].partition("$schema=")
        assert mark == "# yaml-language-server: "
        assert (path.parent / name).is_file(), path


# ------------------------------------------------------------------------------------------------ expand, try, why


def test_expand_prints_what_a_pattern_becomes(genai):
    code, out, err = genai("expand", "who (made|built) [the] {subject}")
    assert (code, out.splitlines()[0], err) == (0, "who made the {subject}", "4 sentence(s)\n")


def test_expand_marks_where_a_pattern_is_broken(genai):
    assert genai("expand", "who (made|built the") == (4, "", "who (made|built the\n    ^ '(' is never closed\n")


def test_expand_of_very_many_prints_some_and_says_so(genai):
    code, out, err = genai("expand", "(a|b|c|d|e|f) " * 8, "--most", "5")
    assert (code, len(out.splitlines()), err) == (0, 5, "1679616 sentence(s), 5 shown\n")


def test_try_answers_a_file_as_a_table(genai, content, tmp_path):
    (tmp_path / "q.txt").write_text("# of tea\nwhat is sencha\n\nwho won the world cup\n\x1b[31m\n")
    code, out, _ = genai("try", "--content", str(content), "q.txt")
    rows = out.splitlines()
    assert code == 3
    assert rows[0].split() == ["status", "conf", "intent", "question", "answer"]
    assert rows[1].startswith("answered")
    assert rows[1].endswith("Sencha is a steamed green tea.")
    assert rows[-1] == "3 question(s): 1 answered, 0 asked back, 2 abstained"
    assert "\x1b" not in out


def test_try_without_a_question_is_wrong_use(genai, content, tmp_path):
    (tmp_path / "q.txt").write_text("# nothing\n")
    assert genai("try", "--content", str(content), "q.txt")[0] == 2


def test_why_names_the_nearest_authored_line_with_its_place(genai, content):
    out = genai("why", "--content", str(content), "which company is behind sencha")[1]
    nearest = next(line for line in out.splitlines() if line.startswith("nearest"))
    assert nearest.endswith("maker (intents/maker.yaml:6): (which company|who) is behind {subject}")


PRICE = """question: What does {item} cost?
slots:
  item: {kind: product, ask: Which?}
examples: |
  what does {item} cost
  what is the {item}
  {item} price
answers:
  - status: abstain
    say: |
      I do not know what {{ item.name }} costs.
"""


def test_the_collision_that_the_readme_shows_is_what_check_says(genai, tmp_path):
    shown = (HERE.parent / "README.md").read_text(encoding="utf-8").split("    intents/price.yaml:6:3:")[1].split("\n\n")[0]
    genai("init", "shop")
    genai("new", "entity", "product", "kettle", "--in", "shop")
    (tmp_path / "shop/intents/price.yaml").write_text(PRICE)
    wanted = [line.removeprefix("    ") for line in f"    intents/price.yaml:6:3:{shown}".split("\n")]
    assert "\n".join(wanted) in genai("check", "shop")[1]
    assert DEFINE in wanted[0]
