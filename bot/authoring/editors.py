"""JSON Schemas of the content's files, by which editors complete keys and ids and mark mistakes as one types.

Made from the keys the reader knows (`content.KEYS`), the words it accepts, and, for a folder, its own properties and ids.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from bot import content
from bot.content import KEYS, KINDS, TYPES, VERDICTS, Content
from bot.types import Property

Schema = dict[str, Any]
# YAML reads 3.10 as a number and yes as a word; the bot reads both as the text they are.
_TEXT: Schema = {"type": ["string", "number", "boolean"]}
_LINES: Schema = {
    "type": ["string", "array"],
    "description": "A | block, one a line: (a|b) is a choice, [x] optional, {slot} a name",
}
_DATE: Schema = {
    "type": ["string", "number"],
    "pattern": r"^\d{4}(-\d{2}(-\d{2})?)?$",
    "description": "YYYY, YYYY-MM or YYYY-MM-DD",
}
_YES: Schema = {"enum": ["yes", "no", True, False]}


def _one_of(words: Iterable[str]) -> Schema:
    return {"enum": list(words)}


def _of_words(words: Iterable[str]) -> Schema:
    """Return a schema that offers the words and takes others: ids written since are no mistakes."""
    listed = list(words)
    return {"anyOf": [{"enum": listed}, {"type": ["string", "number"]}]} if listed else dict(_TEXT)


def _listed(item: Schema) -> Schema:
    return {"anyOf": [item, {"type": "array", "items": item}]}


def _map(item: Schema) -> Schema:
    return {"type": "object", "additionalProperties": item}


def _told(schema: Schema, why: str) -> Schema:
    return {**schema, "description": why}


def _record(what: str, table: Mapping[str, Schema], required: Iterable[str], why: str) -> Schema:
    """Return the schema of a record: every key the reader knows, and no other."""
    properties = {key: table.get(key, dict(_TEXT)) for key in KEYS[what]}
    return {
        "type": "object",
        "description": why,
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
    }


class _Ids:
    """What can be named in a folder: sources, entities by kind, properties."""

    def __init__(self, known: Content | None) -> None:
        self.sources = _of_words(known.sources if known else ())
        self.properties: Mapping[str, Property] = known.properties if known else {}
        self._kinds = {e.id: e.kind for e in known.entities.values()} if known else {}

    def of(self, kinds: Iterable[str]) -> Schema:
        """Return the schema of an id of some kinds."""
        wanted = set(kinds)
        return _of_words(sorted(id for id, kind in self._kinds.items() if kind in wanted))


def schemas(known: Content | None = None) -> dict[str, Schema]:
    """Return file name (without .json) -> schema; `known` adds a folder's own properties and ids."""
    ids = _Ids(known)
    made = {
        "intent": _intent(ids),
        "entity": _entity(ids),
        "properties": _properties(),
        "words": _words(ids),
        "source": _map(_source()),
        "statement": _map(_statement(ids)),
        "contrast": _map(_contrast(ids)),
        "task": _map(_task(ids)),
        "constraint": _map(_constraint()),
    }
    head = {"$schema": "http://json-schema.org/draft-07/schema#"}
    return {name: {**head, "title": name, **schema} for name, schema in made.items()}


def write(to: Path, folder: Path | None = None) -> list[Path]:
    """Write the schemas into a folder and return their paths; `folder` is the content whose ids they offer."""
    known = content.survey([folder])[0] if folder else None
    to.mkdir(parents=True, exist_ok=True)
    paths = []
    for name, schema in schemas(known).items():
        path = to / f"{name}.json"
        path.write_text(json.dumps(schema, ensure_ascii=False, indent=1) + "\n", encoding="utf-8", newline="\n")
        paths.append(path)
    return paths


def _intent(ids: _Ids) -> Schema:
    slot = _record(
        "slot",
        {
            "kind": _told(_listed(_one_of((*KINDS, "task"))), "What may stand in the slot"),
            "ask": _told(_TEXT, "The question asked where it is missing"),
            "optional": _YES,
            "many": _told(_YES, "Takes two things or more"),
            "mixed": _told(_YES, "Takes models, products and concepts together"),
            "default": _told(_TEXT, "`focus` (what the talk is about) or an id"),
        },
        ["kind"],
        "A role that a name plays in the question",
    )
    answer = _record(
        "answer",
        {
            "when": _told(_TEXT, "A condition, like `subject.price`; the first answer that applies is said"),
            "say": _told(_TEXT, "A template: {{ subject.name }} reads a fact; without that fact the answer does not apply"),
            "status": _told(_one_of(("answered", "clarify", "abstain")), "abstain marks an honest hole"),
        },
        ["say"],
        "What is said, and when",
    )
    table = {
        "question": _told(_TEXT, "The canonical wording, shown when the bot asks back"),
        "slots": _map(slot),
        "examples": _LINES,
        "unlike": _LINES,
        "answers": {"type": "array", "items": answer},
        "act": _told(_TEXT, "A rule that answers instead, or with, the templates"),
        "by_trade": _told(_YES, "Asks what use AI is: where a trade is named, the statement that speaks for it answers"),
        "replaces": _told(_YES, "Takes the place of an intent of this name in the base or in another folder"),
    }
    return _record("intent", table, ["question"], "A kind of question: how it is asked and what is said")


def _entity(ids: _Ids) -> Schema:
    says: Schema = {"type": "object", "description": "property: value, by knowledge/properties.yaml"}
    if ids.properties:
        says |= {
            "properties": {p.name: _told(_value(p, ids), p.label) for p in ids.properties.values()},
            "additionalProperties": False,
        }
    group = _record(
        "facts",
        {"source": _listed(ids.sources), "as_of": _DATE, "valid_from": _DATE, "valid_to": _DATE, "says": says},
        ["source", "says"],
        "Facts that one source says",
    )
    names: Schema = {"type": "array", "items": _TEXT}
    table = {
        "name": _told(_TEXT, "As written in a sentence"),
        "plural": _told(_TEXT, "Where it is not the name with an s"),
        "countable": _YES,
        "aliases": _told(names, "Other ways to write the name"),
        "ambiguous": _told(names, "Names that are everyday words too: believed only where the sentence is about the subject"),
        "unlike": _told(names, "Phrases in which the name means something else"),
        "described": _told(_LINES, "What people say who do not know the name, one a line"),
        "also": _told(
            {"type": "object", "additionalProperties": _TEXT},
            "Names of another thing that mean this one beside certain words: `name: word word`",
        ),
        "facts": {"type": "array", "items": group},
    }
    return _record("entity", table, ["name", "facts"], "A thing the bot knows; folder = kind, file name = id")


def _value(p: Property, ids: _Ids) -> Schema:
    return {
        "texts": _listed(_TEXT),
        "date": _DATE,
        "number": {"type": ["number", "string"]},
        "verdict": {"enum": [*VERDICTS, True, False]},
        "entity": ids.of(p.of),
        "entities": _listed(ids.of(p.of)),
    }.get(p.type, _TEXT)


def _properties() -> Schema:
    one = _record(
        "property",
        {
            "type": _one_of(TYPES),
            "of": _listed(_one_of(KINDS)),
            "inherit": _YES,
            "shelf_life": _told({"type": "integer", "minimum": 0}, "Days a fact stays fresh; 0 or nothing: for good"),
        },
        ["label"],
        "The type of a fact",
    )
    return _record("properties", {"properties": _map(one)}, ["format"], "Every fact an entity may state")


def _words(ids: _Ids) -> Schema:
    blocks = ("fillers", "synonyms", "domain", "leadins", "leadouts", "openers", "closers", "taking", "foreign", "asked")
    table: dict[str, Schema] = {key: {"type": "string"} for key in blocks}
    table |= {key: _map(_TEXT) for key in ("rewrites", "media", "families", "dimensions")}
    table |= {key: _listed(ids.of(KINDS)) for key in ("fields", "attributes")}
    return _record("words", table, [], "Everyday language of the subject")


def _source() -> Schema:
    table = {"url": {"type": "string", "pattern": "^https?://"}, "read": _DATE, "reader": _one_of(["brief"])}
    return _record("source", table, ["title", "publisher", "url", "read"], "A page whose text was read")


def _statement(ids: _Ids) -> Schema:
    table: dict[str, Schema] = {
        "asks": _LINES,
        "claims": _LINES,
        "verdict": {"enum": ["yes", "no", "partly", True, False]},
        "say": _told(_TEXT, "The answer: the first sentence settles the question"),
        "about": _listed(ids.of(KINDS)),
        "source": _listed(ids.sources),
        "as_of": _DATE,
        "declines": _told(_YES, "It says that the bot cannot know, and who can: counts as abstaining"),
        "trade": _told(_LINES, "Words of the trade it speaks for: it answers what use AI is to who names one"),
    }
    return _record("statement", table, ["question", "say", "source"], "An answer to an open question")


def _contrast(ids: _Ids) -> Schema:
    table: dict[str, Schema] = {
        "between": {"type": "array", "items": ids.of(KINDS), "minItems": 2},
        "same": {"enum": ["yes", "no", "partly", True, False]},
        "table": _map({"type": "array", "items": _TEXT}),
        "source": _listed(ids.sources),
        "as_of": _DATE,
    }
    return _record("contrast", table, ["between", "say", "short", "source"], "Two or more things that people mix up")


def _task(ids: _Ids) -> Schema:
    table: dict[str, Schema] = {
        "cues": _LINES,
        "weak": _LINES,
        "tools": _listed(ids.of(KINDS)),
        "general": _told(_YES, "Meant where a model is wanted on conditions, for no stated need"),
        "prompt": _told(_TEXT, "A prompt to start from, as one would type it"),
        "variants": _map(_TEXT),
        "source": _listed(ids.sources),
        "as_of": _DATE,
    }
    return _record("task", table, ["name", "say", "source"], "Something people want done")


def _constraint() -> Schema:
    return _record("constraint", {"cues": _LINES}, ["name"], "A condition people put on a choice")
