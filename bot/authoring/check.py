"""Find every mistake in content folders: reading errors, and what only shows across files."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from pathlib import Path

from bot import content, templates
from bot.authoring import rules_answers, rules_examples, rules_intents, rules_knowledge
from bot.authoring.workspace import Workspace
from bot.errors import Problem

Rule = Callable[[Workspace], Iterator[Problem]]
# These tell the truth of what could be read, whatever else is broken.
ALWAYS: tuple[Rule, ...] = (
    rules_knowledge.aliases,
    rules_knowledge.everyday,
    rules_knowledge.stale,
    rules_knowledge.unfinished,
    rules_examples.duplicates,
    rules_examples.near_duplicates,
    rules_examples.few,
    rules_examples.uniform,
)
# These would blame one mistake for another: they wait until everything can be read.
WHOLE: tuple[Rule, ...] = (
    rules_knowledge.required,
    rules_knowledge.unused,
    rules_knowledge.disjoint,
    *rules_intents.RULES,
    *rules_answers.RULES,
)


def check(folders: Sequence[Path], today: date | None = None, thorough: bool = True) -> list[Problem]:
    """Return every problem of the folders, sorted by place: errors, warnings and notes.

    `today` (default: the clock's day) is what the age of facts is told by. `thorough` also compares each example with
    all others by the ranker's features, which takes seconds where there are thousands.
    """
    read, problems = content.survey(folders)
    problems += templates.problems_of(read.intents.values())
    if any(p.rule == "missing-folder" for p in problems):
        return problems
    rules = ALWAYS
    if not any(p.severity == "error" for p in problems):
        rules += (*WHOLE, rules_examples.closer) if thorough else WHOLE
    workspace = Workspace(folders, read, today or date.today())
    for rule in rules:
        problems.extend(rule(workspace))
    return sorted(set(problems))


def paths_of(folders: Sequence[Path]) -> dict[str, Path]:
    """Return the file behind each name that problems give."""
    return {shown: path for path, shown in content.files(folders)}
