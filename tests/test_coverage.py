"""The matrix of what can be said about each thing: answered, abstained on purpose, or a hole."""

import json

import pytest

from bot.authoring.coverage import cover, unexplained
from bot.channels.cli import main


@pytest.fixture
def orphaned(content):
    """Tea content in which nobody made Sencha, and all is judged by whether it is an LLM."""
    path = content / "knowledge" / "product" / "sencha.yaml"
    path.write_text(path.read_text().replace("      maker: [leafworks]\n", ""))
    facts = "facts:\n  - source: leaf-guide\n    says:\n      what: a model\n      summary: An LLM is a model.\n"
    (content / "knowledge" / "concept" / "llm.yaml").write_text("name: LLM\n" + facts + "      disjoint_with: [black-tea]\n")
    return content


def test_each_question_about_each_thing_is_answered_abstained_on_or_a_hole(orphaned):
    outcome = {(c.question, c.entity): c.outcome for c in cover([orphaned]).cells}
    assert outcome["define", "sencha"] == "answered"
    assert outcome["maker", "assam"] == "answered"
    assert outcome["maker", "sencha"] == "hole"
    assert outcome["verdict:llm", "assam"] == "answered"
    assert outcome["verdict:llm", "sencha"] == "abstains"
    assert ("maker", "black-tea") not in outcome


def test_what_everybody_asks_may_not_stay_open(orphaned):
    assert [(c.entity, c.question) for c in unexplained(cover([orphaned]))] == [("sencha", "maker"), ("sencha", "verdict:llm")]


def test_the_command_prints_the_matrix_one_kind_one_thing_or_json(orphaned, capsys):
    assert main(["coverage", str(orphaned)]) == 4
    out = capsys.readouterr().out
    assert [line.split() for line in out.splitlines() if line.startswith("maker")] == [["maker", "1/0/1", "-", "-"]]
    assert "product/sencha (named 0 times): maker, verdict:llm" in out
    main(["coverage", str(orphaned), "--kind", "product"])
    assert "hole in maker: sencha" in capsys.readouterr().out
    assert main(["coverage", str(orphaned), "--entity", "assam"]) == 0
    assert "answered  maker                    Assam Gold is made by Leafworks." in capsys.readouterr().out
    main(["coverage", str(orphaned), "--json"])
    assert [c["entity"] for c in json.loads(capsys.readouterr().out)["unexplained"]] == ["sencha", "sencha"]


def test_an_unknown_thing_is_wrong_use(content, capsys):
    assert main(["coverage", str(content), "--entity", "coffee"]) == 2
    assert "coffee" in capsys.readouterr().err
