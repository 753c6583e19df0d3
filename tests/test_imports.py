"""What may import what: layers, one door for each dependency, and nothing slow on the way to an answer."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import bot as package

ROOT = Path(package.__file__).parent
# A module imports `bot.*` only from rows above its own.
ROWS = (
    ("errors", "risk"),
    ("types",),
    ("text", "pattern", "yamlfile", "vectors", "letters", "heldout"),
    ("schema", "entities", "ranker"),
    ("content", "understand", "retrieval", "learn"),
    ("knowledge", "labels", "joint"),
    ("described",),
    ("lists", "templates", "train", "fit_labels", "fit_joint"),
    ("compiled",),
    ("confidence", "enumerated", "leaning"),
    ("choice",),
    ("doubts", "slots", "turns", "acts"),
    ("forms",),
    ("dialogue",),
    ("flow",),
    ("api",),
    ("__init__",),
    ("authoring.__init__", "authoring.fit", "authoring.score", "authoring.speed", "authoring.importer"),
    ("authoring.robust",),
    ("authoring.claims", "authoring.evaluate", "authoring.bench"),
    ("authoring.figures", "authoring.bench_systems", "authoring.exporter"),
    ("authoring.reads", "authoring.report", "authoring.rules", "authoring.workspace", "authoring.editors"),
    ("authoring.nearest", "authoring.rules_knowledge", "authoring.rules_intents", "authoring.rules_examples"),
    ("authoring.rules_answers", "authoring.scaffold", "authoring.trial", "authoring.files", "authoring.transcripts"),
    ("authoring.coverage",),
    ("authoring.reach", "authoring.journal", "authoring.edits", "authoring.clusters", "authoring.impact", "pytest_plugin"),
    ("authoring.inbox", "authoring.edited", "authoring.provisional"),
    ("authoring.watch",),
    ("authoring.edit_speed",),
    ("authoring.check",),
    ("channels.__init__", "channels.terminal"),
    ("channels.repl", "channels.desk", "channels.loop", "channels.cli_measure"),
    ("channels.cli",),
    ("__main__",),
)
ROW = {name: place for place, names in enumerate(ROWS) for name in names}
# Where each outside package is imported, and nowhere else.
DOORS = {
    "sklearn": {"learn", "authoring.fit", "authoring.bench_systems", "authoring.clusters"},
    "scipy": {"learn", "train", "fit_labels", "fit_joint", "authoring.fit"},
    "numpy": {
        "learn",
        "train",
        "fit_labels",
        "fit_joint",
        "joint",
        "letters",
        "labels",
        "vectors",
        "retrieval",
        "ranker",
        "api",
        "authoring.fit",
    }
    | {"authoring.bench_systems"},
    "rapidfuzz": {"entities"},
    "jinja2": {"templates", "authoring.reads"},
    "yaml": {"yamlfile"},
    "snowballstemmer": {"text"},
    "spellchecker": {"compiled"},
    "platformdirs": {"api", "channels.repl"},
    "prompt_toolkit": {"channels.repl"},
}
# What an answer may not depend on: the clock, chance, the machine.
IMPURE = {"time", "datetime", "random", "secrets", "uuid", "os", "socket", "subprocess", "platform", "logging"}
ANSWERING = ("types", "text", "vectors", "letters", "entities", "ranker", "retrieval", "understand", "knowledge", "lists")
ANSWERING += (
    "labels",
    "joint",
    "described",
    "risk",
    "templates",
    "dialogue",
    "acts",
    "flow",
    "choice",
    "doubts",
    "slots",
    "turns",
    "forms",
)


def modules() -> list[str]:
    return sorted(".".join(p.relative_to(ROOT).with_suffix("").parts) for p in ROOT.rglob("*.py"))


def tree(name: str) -> ast.Module:
    return ast.parse((ROOT / Path(*name.split("."))).with_suffix(".py").read_text(encoding="utf-8"))


def imports(name: str) -> Iterator[str]:
    """Yield the dotted name of everything a module imports, inside functions too."""
    for node in ast.walk(tree(name)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name} imports relatively"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def own(dotted: str) -> str:
    """Return which of our modules an import names: `bot.types.Reply` is types, `bot.Bot` is the package itself."""
    parts = dotted.split(".")[1:]
    for n in range(len(parts), 0, -1):
        for name in (".".join(parts[:n]), ".".join([*parts[:n], "__init__"])):
            if name in ROW:
                return name
    return "__init__"


def test_every_module_has_its_row():
    assert modules() == sorted(ROW)


@pytest.mark.parametrize("name", sorted(ROW))
def test_a_module_imports_only_from_rows_above(name):
    used = {own(dotted) for dotted in imports(name) if dotted.split(".")[0] == "bot"}
    assert sorted(other for other in used if ROW[other] >= ROW[name]) == []


@pytest.mark.parametrize("package", sorted(DOORS))
def test_each_dependency_has_its_door(package):
    assert {name for name in modules() if package in {d.split(".")[0] for d in imports(name)}} == DOORS[package]


@pytest.mark.parametrize("name", ANSWERING)
def test_an_answer_depends_on_no_clock_no_chance_and_no_machine(name):
    assert {d.split(".")[0] for d in imports(name)} & IMPURE == set()
    calls = {n.func.id for n in ast.walk(tree(name)) if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)}
    assert calls & {"print", "input", "open", "eval", "exec"} == set()


SLOW = ("sklearn", "scipy", "pandas", "pydantic", "rich", "numpy", "prompt_toolkit", "spellchecker")
ASKING = f"""
import os, sys
from bot.channels.cli import main
code = main(["--cache", os.environ["CACHE"], "ask", "Is ChatGPT an LLM?"])
print(code, *[m for m in {SLOW!r} if m in sys.modules], file=sys.stderr)
"""


def test_asking_once_imports_nothing_slow(process):
    ran = process("-c", ASKING)
    assert ran.stderr.split() == [b"0"], ran.stderr.decode()


def test_embedding_imports_no_terminal_and_no_trainer(process):
    code = "import os, sys; from bot import Bot; Bot(cache=os.environ['CACHE']).ask('hi')\n"
    code += "print(*[m for m in ('sklearn', 'scipy', 'prompt_toolkit', 'argparse') if m in sys.modules])"
    assert process("-c", code).stdout.split() == []


def test_the_tests_use_this_checkout():
    assert Path(__file__).parent.parent / "bot" == ROOT
    assert sys.version_info >= (3, 11)
