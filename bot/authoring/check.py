"""Find every mistake in content folders: reading errors, and what only shows across files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from bot import content as content_
from bot import templates
from bot.content import Content
from bot.entities import squash
from bot.errors import ContentError, Problem


def check(folders: Sequence[Path]) -> list[Problem]:
    """Return every problem of the folders, errors and warnings, sorted by place."""
    problems = content_.problems_of(folders)
    try:
        content = content_.load(folders)
    except ContentError:
        return problems
    for rule in (_aliases, _templates, _required, _unused):
        problems.extend(rule(content))
    return sorted(problems)


def _file(content: Content, id: str) -> str:
    return f"knowledge/{content.entities[id].kind}/{id}.yaml"


def _aliases(content: Content) -> Iterator[Problem]:
    """alias-collision: one written name belongs to two entities, so one of them can never be found by it."""
    seen: dict[str, str] = {}
    for e in content.entities.values():
        for name in dict.fromkeys(squash(n) for n in (e.name, e.long, e.plural, *e.aliases) if n):
            other = seen.setdefault(name, e.id)
            if other != e.id:
                message = f"the name '{name}' is also one of '{other}'; keep it in one of the two"
                yield Problem(_file(content, e.id), 1, 1, message, "alias-collision", "warning")


def _templates(content: Content) -> Iterator[Problem]:
    """template: a `say` or `when` that Jinja cannot read."""
    return templates.problems_of(content.intents.values())


REQUIRED = {
    "model": ("what", "summary", "maker", "llm", "generative"),
    "product": ("what", "summary", "maker", "llm", "generative"),
    "company": ("what", "summary"),
    "concept": ("what", "summary"),
    "dataset": ("what", "summary"),
}


def _required(content: Content) -> Iterator[Problem]:
    """missing-property: an entity lacks what every one of its kind must have."""
    for e in content.entities.values():
        have = {f.property for f in e.facts}
        lacking = [p for p in REQUIRED[e.kind] if p not in have]
        if lacking:
            yield Problem(_file(content, e.id), 1, 1, f"every {e.kind} needs {', '.join(lacking)}", "missing-property", "warning")


def _unused(content: Content) -> Iterator[Problem]:
    """unused-source: a source that nothing cites."""
    used = {s for e in content.entities.values() for f in e.facts for s in f.sources}
    for table in (content.statements, content.contrasts, content.tasks):
        used |= {s for record in table.values() for s in record.sources}
    for id in content.sources:
        if id not in used:
            yield Problem("knowledge/source", 1, 1, f"nothing cites '{id}'", "unused-source", "warning")
