"""`genai-bot export` is the inverse of `genai-bot import`: what was imported comes out again, question by question."""

import shutil
from pathlib import Path

import pytest
from conftest import TINY

from bot.authoring import importer
from bot.channels.cli import main

QUESTIONS = [
    ("where is my parcel", "parcel"),
    ("track: order, “quickly” — please", "parcel"),
    ("I'd like my money back; today!", "refund"),
    ("yes", "agree"),
    ("what's a null: true? #1", "refund"),
    ("who won the cup", "oos"),
]


def export(capsys, *args: str) -> str:
    assert main(["export", *args]) == 0
    return capsys.readouterr().out


@pytest.mark.parametrize(("form", "ending"), [("rasa", "yml"), ("csv", "csv")])
def test_what_was_imported_is_exported_and_imports_to_the_same_files(capsys, tmp_path, form, ending):
    asked = [importer.Asked(text, intent) for text, intent in QUESTIONS]
    importer.write(asked, tmp_path / "first")
    export(capsys, str(tmp_path / "first"), "--to", form, "-o", str(tmp_path / f"out.{ending}"))
    importer.write(importer.read(tmp_path / f"out.{ending}"), tmp_path / "second")
    first, second = ({p.name: p.read_text() for p in (tmp_path / d / "intents").iterdir()} for d in ("first", "second"))
    assert set(first) == {"parcel.yaml", "refund.yaml", "agree.yaml", "oos.yaml"}
    assert second == first


def test_slots_are_filled_with_marked_names_and_the_base_stays_out(capsys):
    out = export(capsys, str(TINY), "--most", "4")
    assert '    - who makes [Assam Gold]{"entity": "product", "role": "subject"}\n' in out
    assert "- synonym: Assam Gold\n  examples: |\n    - assam\n" in out
    assert "thanks" not in out


def test_names_lose_their_marks_on_the_way_back(capsys, tmp_path):
    (tmp_path / "nlu.yml").write_text(export(capsys, str(TINY)))
    (tmp_path / "t.csv").write_text(export(capsys, str(TINY), "--to", "csv"))
    pairs = [{(a.text, a.intent) for a in importer.read(tmp_path / name)} for name in ("nlu.yml", "t.csv")]
    assert pairs[0] == pairs[1]
    assert ("who makes Assam Gold", "maker") in pairs[0]


def test_a_statement_is_an_intent_of_its_own(capsys, tmp_path):
    shutil.copytree(TINY, tmp_path / "tea")
    folder = Path(tmp_path / "tea/knowledge/statement")
    folder.mkdir()
    (folder / "faq.yaml").write_text(
        "steep:\n  question: How long does tea steep?\n  asks: |\n    (how long|when) is it ready\n"
        "  say: Three minutes.\n  source: leaf-guide\n"
    )
    out = export(capsys, str(tmp_path / "tea"), "--to", "csv")
    assert "How long does tea steep?,faq/steep\nhow long is it ready,faq/steep\nwhen is it ready,faq/steep\n" in out
