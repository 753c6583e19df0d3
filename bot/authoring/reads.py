"""What a template reads, without running it: names, attributes, and the words typed into it. Author time only."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

import msgspec
from jinja2 import meta, nodes

from bot.templates import environment

_ENV = environment()


class Read(msgspec.Struct, frozen=True):
    """One `name.attribute` in a template; `sure` where the text cannot come out without it (not inside an if or for)."""

    name: str
    attribute: str
    line: int
    sure: bool


class Reads(msgspec.Struct, frozen=True):
    """What a template or condition reads: names from outside, attributes, and its literal text by line (from 1)."""

    names: frozenset[str]
    attributes: tuple[Read, ...]
    literals: tuple[tuple[int, str], ...]
    always: bool | None = None  # what a condition of constants alone comes to


@lru_cache(maxsize=4000)
def reads_of(source: str, expression: bool = False) -> Reads:
    """Return what a template (or, with `expression`, a condition) reads; it must be readable (`templates.problem_of`)."""
    tree = _ENV.parse("{{" + source + "}}" if expression else source)
    tops = [n for top in tree.body if isinstance(top, nodes.Output) for n in top.nodes]
    sure = {id(g) for n in tops for g in (*n.find_all(nodes.Getattr), n) if not _inside_choice(n)}
    attributes = tuple(
        Read(g.node.name, g.attr, g.lineno, id(g) in sure) for g in tree.find_all(nodes.Getattr) if isinstance(g.node, nodes.Name)
    )
    always = bool(tops[0].value) if expression and len(tops) == 1 and isinstance(tops[0], nodes.Const) else None
    return Reads(frozenset(meta.find_undeclared_variables(tree)), attributes, tuple(_literals(tree)), always)


def _inside_choice(node: nodes.Node) -> bool:
    return isinstance(node, nodes.CondExpr) or node.find(nodes.CondExpr) is not None


def _literals(tree: nodes.Template) -> Iterator[tuple[int, str]]:
    for data in tree.find_all(nodes.TemplateData):
        for number, row in enumerate(data.data.split("\n")):
            if row.strip():
                yield data.lineno + number, row
