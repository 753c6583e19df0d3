"""Lists over typed knowledge: which things are of a kind, filtered by maker, place, openness, year; and their order."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from bot.knowledge import GENERATIVE, LLM, Knowledge

OPEN = ("open-weights", "open-source-ai")
CLOSED = ("proprietary-model",)
_GENERATORS = ("image-generator", "video-generator", "music-generator", "speech-synthesizer", "three-d-generator")


class Filters(msgspec.Struct, frozen=True):
    """What a list must satisfy. `makers` and `regions` are alternatives; years are inclusive, 0 for no bound."""

    categories: tuple[str, ...] = ()
    makers: tuple[str, ...] = ()
    not_makers: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    open: bool | None = None
    since: int = 0
    until: int = 0
    without: tuple[str, ...] = ()
    not_kinds: tuple[str, ...] = ()
    not_regions: tuple[str, ...] = ()

    @property
    def narrow(self) -> bool:
        """Whether anything beyond the category is asked for."""
        places = self.regions or self.not_regions
        return bool(self.makers or self.not_makers or places or self.open is not None or self.since or self.until)


def select(knowledge: Knowledge, filters: Filters) -> tuple[str, ...]:
    """Return the ids that satisfy the filters: best known first where nothing narrows them, else newest first."""
    if not filters.narrow:
        named = _named(knowledge, filters)
        kept = tuple(id for id in named if not _is_one_of(knowledge, id, filters.not_kinds))
        if kept or not filters.not_kinds:
            return kept
    pool = _pool(knowledge, filters.categories)
    return tuple(id for id in pool if id not in filters.without and fits(knowledge, id, filters))


def _named(knowledge: Knowledge, filters: Filters) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for category in filters.categories:
        found.update(dict.fromkeys(knowledge.values(category, "examples")))
        if not found:
            found.update(dict.fromkeys(e for e in knowledge.entities if knowledge.belongs(e, category) and e != category))
    return tuple(id for id in found if id not in filters.without)


def _pool(knowledge: Knowledge, categories: Sequence[str]) -> list[str]:
    ids = [e for e, entity in knowledge.entities.items() if entity.kind in ("model", "product")]
    for category in categories:
        # "LLMs from Europe" means the assistants that run on one too.
        ids = [e for e in ids if knowledge.belongs(e, category) or (category == LLM and knowledge.value(e, "llm") == "uses")]
    # Families before their members, then newest first: nobody wants nine minor versions.
    examples = [x for c in (*categories, LLM, GENERATIVE, *_GENERATORS) for x in knowledge.values(c, "examples")]
    prominence = {e: i for i, e in reversed(list(enumerate(examples)))}
    newest = sorted(ids, key=lambda e: (knowledge.value(e, "released") or "0", e), reverse=True)
    return sorted(newest, key=lambda e: prominence.get(e, 999))


def _is_one_of(knowledge: Knowledge, id: str, kinds: Sequence[str]) -> bool:
    """Whether a thing is, or runs on, one of the kinds that a list leaves out ("no LLM")."""
    return any(knowledge.verdict(id, kind) in ("yes", "runs_on", "partly", "same") for kind in kinds)


def fits(knowledge: Knowledge, id: str, filters: Filters) -> bool:
    """Whether a thing satisfies everything but the category."""
    if _is_one_of(knowledge, id, filters.not_kinds):
        return False
    makers = knowledge.values(id, "maker")
    if filters.makers and not set(makers) & set(filters.makers):
        return False
    if set(makers) & set(filters.not_makers):
        return False
    if filters.open is not None and (knowledge.value(id, "open_weights") in ("yes", "partly")) != filters.open:
        return False
    # Where several made it, the first counts: Gemma is by Google, and Google DeepMind sits in London.
    if filters.regions and not any(comes_from(knowledge, m, filters.regions) for m in makers[:1]):
        return False
    if filters.not_regions and (not makers or comes_from(knowledge, makers[0], filters.not_regions)):
        return False
    year = int((knowledge.value(id, "released") or "0")[:4])
    if (filters.since or filters.until) and not year:
        return False
    return (not filters.since or year >= filters.since) and (not filters.until or year <= filters.until)


def comes_from(knowledge: Knowledge, company: str, regions: Sequence[str]) -> bool:
    """Return whether a company is based in one of the countries or parts of the world."""
    where = f"{knowledge.value(company, 'region')} {knowledge.value(company, 'country')}".lower()
    return any(place.lower() in where for region in regions for place in (region, *_COUNTRIES.get(region, ())))


# Of the parts of the world that people ask for by name.
_UNION: tuple[str, ...] = (
    "France",
    "Germany",
    "Sweden",
    "Luxembourg",
    "Netherlands",
    "Spain",
    "Italy",
    "Austria",
    "Finland",
    "Denmark",
)
_UNION += ("Poland", "Ireland", "Belgium", "Portugal", "Czech", "Estonia")
_COUNTRIES = {"Europe": (*_UNION, "United Kingdom", "Switzerland", "Norway"), "the European Union": _UNION}


def offered(knowledge: Knowledge, company: str, like: Sequence[str]) -> str:
    """Return the best known thing a company makes that is of the same kind as the others, or an empty string."""
    wanted = {up for id in like for up in (id, *knowledge.ancestors(id))} - _WIDE
    made = [id for id in _pool(knowledge, ()) if company in knowledge.values(id, "maker")]
    shared = {id: len(wanted.intersection(knowledge.ancestors(id))) for id in made if id not in like}
    best = max(shared.values(), default=0)
    return next((id for id in made if best and shared.get(id) == best), "")


# Kinds under which nearly everything falls.
_WIDE = frozenset({LLM, GENERATIVE, "artificial-intelligence", "machine-learning", "deep-learning", "neural-network"})


def timeline(knowledge: Knowledge, ids: Sequence[str]) -> list[tuple[str, str]]:
    """Return (date, id) of the things that have a release or introduction date, oldest first."""
    dated = [(knowledge.value(id, "released") or knowledge.value(id, "introduced"), id) for id in ids]
    return sorted((d, i) for d, i in dated if d)


def family(knowledge: Knowledge, id: str) -> tuple[str, ...]:
    """Return a model and everything linked to it by predecessor and successor or sharing its first name."""
    stem = knowledge.entities[id].name.split()[0].split("-")[0].lower()
    linked = {id}
    frontier = [id]
    while frontier:
        near = {n for e in frontier for p in ("predecessor", "successor") for n in knowledge.values(e, p)}
        frontier = sorted(near - linked)
        linked |= near
    named = {
        e
        for e, entity in knowledge.entities.items()
        if entity.kind == "model" and entity.name.lower().replace("-", " ").split()[0] == stem
    }
    same = {e for e in linked if knowledge.entities[e].name.lower().startswith(stem)}
    return tuple(sorted(same | named))
