"""Adding an entity is one file: every intent can be asked about it at once, with no new example."""

from collections.abc import Callable
from pathlib import Path

import pytest

from bot import Bot

KETTLE_SMOKE = """\
name: Kettle Smoke
aliases: [kettlesmoke]
facts:
  - source: leaf-guide
    says:
      is_a: [black-tea]
      maker: [leafworks]
      what: a smoked black tea
      summary: Kettle Smoke is a black tea dried over pine fires.
      picked: 2021-04-05
"""
# What a folder of one's own would have from the start: the entity brings none of it.
PICKED = """\
question: When was {subject} first picked?
slots:
  subject: {kind: [product], ask: Which tea do you mean?, default: focus}
examples: |
  when was {subject} [first] picked
  {subject} (harvest|picking) date
answers:
  - say: "{{ subject.name }} was first picked on {{ subject.picked | date }}."
"""
COMPARE = """\
question: What is the difference between {things}?
slots:
  things: {kind: [product, concept], many: true, ask: Which teas shall I compare?}
examples: |
  (what is the difference between|compare) {things} and {things}
  {things} (versus|or) {things}
answers:
  - say: |
      {% for t in things %}{{ t.summary }} {% endfor %}
"""


@pytest.fixture
def grown(content: Path, tmp_path: Path) -> Callable[[], Bot]:
    """The tiny content with two more intents, compiled on demand."""
    (content / "intents" / "picked.yaml").write_text(PICKED, encoding="utf-8")
    (content / "intents" / "compare.yaml").write_text(COMPARE, encoding="utf-8")
    properties = content / "knowledge" / "properties.yaml"
    declared = properties.read_text(encoding="utf-8") + "  picked: {type: date, label: first picked}\n"
    properties.write_text(declared, encoding="utf-8")
    return lambda: Bot(content, cache=tmp_path / "cache")


def test_a_new_entity_is_one_file_and_no_new_examples(content: Path, grown: Callable[[], Bot]):
    assert not grown().ask("What is Kettle Smoke?").answered

    (content / "knowledge" / "product" / "kettle-smoke.yaml").write_text(KETTLE_SMOKE, encoding="utf-8")
    bot = grown()

    asked = {
        "What is Kettle Smoke?": ("define", "dried over pine fires"),
        "who makes kettlesmoke": ("maker", "Leafworks"),
        "Is Kettle Smoke a black tea?": ("verdict", "Yes"),
        "Kettle Smoke or Sencha?": ("compare", "steamed green tea"),
        "when was Kettle Smok first picked": ("picked", "5 April 2021"),
    }
    replies = {question: bot.ask(question) for question in asked}
    assert {q: r.intent for q, r in replies.items()} == {q: intent for q, (intent, _) in asked.items()}
    assert [q for q, (_, says) in asked.items() if says not in replies[q].text] == []
    assert all(r.sources for r in replies.values())
