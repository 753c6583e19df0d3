"""The library: `Bot` answers, `Session` holds one conversation. Thread-safe: a bot never changes after it is made."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec
import platformdirs

from bot import compiled as compiled_
from bot.choice import Slots
from bot.compiled import Compiled
from bot.content import Content
from bot.errors import StateError
from bot.flow import respond
from bot.types import STATE_VERSION, Reply, State, Trace

_HERE = Path(__file__).parent
# In a wheel the content lies inside the package; in a checkout beside it.
SHIPPED = _HERE / "_content" if (_HERE / "_content").is_dir() else _HERE.parent


class Bot:
    """A compiled bot over content folders (default: the shipped content).

    Making one reads the cache or compiles, which takes half a minute; asking takes milliseconds. Raises
    ContentError with every problem of the content. `cache` is the folder for compiled artefacts; `progress` is called
    with what is being done and the share done (0 to 1) while compiling. `one_shot` starts faster and answers slower:
    for a process that asks once.
    """

    def __init__(
        self,
        *folders: str | os.PathLike[str],
        cache: str | os.PathLike[str] | None = None,
        progress: Callable[[str, float], None] | None = None,
        one_shot: bool = False,
    ) -> None:
        # Not needed for the answer, only for its speed: with numpy at hand the same sums run in microseconds.
        if not one_shot:
            import numpy  # noqa: F401
        self.folders = tuple(Path(f) for f in folders) or (SHIPPED,)
        self._compiled: Compiled = compiled_.cached(self.folders, cache_folder(cache), progress)

    @classmethod
    def of(cls, compiled: Compiled, folders: Sequence[Path]) -> Bot:
        """Return a bot over what is compiled already."""
        bot = cls.__new__(cls)
        bot.folders, bot._compiled = tuple(folders), compiled
        return bot

    @property
    def compiled(self) -> Compiled:
        """The immutable artefact: content, ranker, index."""
        return self._compiled

    def ask(self, text: str) -> Reply:
        """Return the reply to one message without any conversation. Thread-safe; never raises on any text."""
        return respond(self._compiled, State(), text).reply

    def session(self, state: dict[str, Any] | None = None) -> Session:
        """Return a conversation, new or resumed from a stored `Session.state`; raise StateError where that is unfit."""
        return Session(self, state)

    def explain(self, text: str, state: dict[str, Any] | None = None) -> Trace:
        """Return everything that leads to the reply: clauses, mentions, ranking, decision, facts cited."""
        return respond(self._compiled, read_state(state, self._compiled.content), text)


def cache_folder(cache: str | os.PathLike[str] | None = None) -> Path:
    """Return the folder for compiled bots: the given one, or the user's own."""
    return Path(cache) if cache is not None else Path(platformdirs.user_cache_dir("genai-bot", appauthor=False))


class Session:
    """One conversation. Owned by its caller: not for use from two threads at once. `state` is JSON-safe."""

    def __init__(self, bot: Bot, state: dict[str, Any] | None = None) -> None:
        self._bot = bot
        self._state = read_state(state, bot.compiled.content)
        self.last: Trace | None = None

    @property
    def state(self) -> dict[str, Any]:
        """The conversation so far as JSON-safe data; `Bot.session(state)` resumes it."""
        data: dict[str, Any] = msgspec.to_builtins(self._state)
        return {"version": STATE_VERSION, **data}

    def ask(self, text: str) -> Reply:
        """Return the reply and remember what the talk is about."""
        trace = respond(self._bot.compiled, self._state, text)
        self._state = trace.state
        self.last = trace
        return trace.reply

    def follow(self, bot: Bot) -> None:
        """Go on with another bot, as the same content is edited: what that one does not know is forgotten."""
        self._state = read_state(self.state, bot.compiled.content)
        self._bot = bot

    def reset(self) -> None:
        """Forget the conversation."""
        self._state = State()
        self.last = None


def read_state(data: dict[str, Any] | None, content: Content) -> State:
    """Return the state in JSON-safe data, without what the content no longer knows (it may be older than the content).

    Raises StateError where the data is damaged or of another version.
    """
    if data is None:
        return State()
    if not isinstance(data, dict) or data.get("version") != STATE_VERSION:
        raise StateError(f"not a session state of version {STATE_VERSION}; start a new session")
    try:
        state = msgspec.convert(data, State)
    except msgspec.ValidationError as error:
        raise StateError(f"not a session state: {error}") from error
    return _known(state, content)


def _known(state: State, content: Content) -> State:
    things = {*content.entities, *content.tasks}
    intents = {"", *content.intents, *(f"statement:{id}" for id in content.statements)}

    def asked(intent: str, slots: Slots) -> bool:
        return intent in intents and all(id in things for _, ids in slots for id in ids)

    last_known = asked(state.intent, state.slots)
    return msgspec.structs.replace(
        state,
        focus=tuple(id for id in state.focus if id in content.entities),
        recent=tuple(id for id in state.recent if id in content.entities),
        listed=tuple(id for id in state.listed if id in content.entities),
        tasks=tuple(id for id in state.tasks if id in content.tasks),
        constraints=tuple(id for id in state.constraints if id in content.constraints),
        excluded=tuple(id for id in state.excluded if id in content.entities),
        intent=state.intent if last_known else "",
        slots=state.slots if last_known else (),
        sources=tuple(id for id in state.sources if id in content.sources),
        pending=tuple(o for o in state.pending if asked(o.intent, o.slots)),
    )
