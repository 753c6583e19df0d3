"""Whole conversations by people unlike one another, replayed: tests/conversations/*.yaml says what each reply must satisfy.

A turn is what the person types (`you`) and what the reply owes them: `status` (default: answered), `intent`, `about`
(things the talk is then about), `says` and `never` (regular expressions, case ignored), `compared` with the reply
before it (shorter, same). `a|b` allows either.
"""

import re
from pathlib import Path

import pytest

from bot import Bot, yamlfile
from bot.yamlfile import Node

FILES = sorted((Path(__file__).parent / "conversations").glob("*.yaml"))
OWED = {"you", "status", "intent", "about", "says", "never", "compared"}


def talk(file: Path) -> list[dict[str, list[str]]]:
    """Return the turns of a transcript: field -> its values."""
    problems: list = []
    root = yamlfile.read(file, file.name, problems)
    assert root is not None, problems
    assert not problems
    turns = [{field: _values(node) for field, node in turn.items()} for turn in root.value["talk"].value]
    for turn in turns:
        assert set(turn) <= OWED, f"{file.name}: {sorted(set(turn) - OWED)}"
    return turns


def _values(node: Node) -> list[str]:
    return [item.value for item in node.value] if isinstance(node.value, list) else [node.value]


def unmet(turn: dict[str, list[str]], chat, said: str) -> list[str]:
    """Return what the reply to a turn still owes; `said` is the reply before it."""
    reply = chat.ask(turn["you"][0])
    wanted = turn.get("status", ["answered"])[0].split("|")
    found = [f"status {reply.status}"] * (reply.status not in wanted)
    if "intent" in turn and not {reply.intent, reply.intent.partition(":")[0]} & set(turn["intent"][0].split("|")):
        found.append(f"intent {reply.intent}")
    found += [f"not about {id}" for id in turn.get("about", ()) if id not in chat.state.get("focus", ())]
    found += [f"does not say {p}" for p in turn.get("says", ()) if not re.search(p, reply.text, re.IGNORECASE)]
    found += [f"says {p}" for p in turn.get("never", ()) if re.search(p, reply.text, re.IGNORECASE)]
    compared = {"shorter": len(reply.text) < len(said), "same": reply.text == said}
    found += [f"not {how} than before" for how in turn.get("compared", ()) if not compared[how]]
    return [f"{turn['you'][0]!r}: {what} in {reply.text!r}" for what in found]


def test_there_are_thirty_conversations_of_four_to_eight_turns():
    assert len(FILES) >= 30
    assert all(4 <= len(talk(file)) <= 8 for file in FILES)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_conversation_holds_together(bot: Bot, file: Path):
    chat = bot.session()
    said, owed = "", []
    for turn in talk(file):
        owed += unmet(turn, chat, said)
        said = chat.last.reply.text
    assert not owed, "\n".join(owed)
