"""Keep a bot up to date with the files it was made of: answers and facts at once, wording as soon as it is trained.

Training runs in a process of its own, so that the old ranker answers undisturbed meanwhile; what it stores is the very
build that a fresh start would make.
"""

from __future__ import annotations

import contextlib
import contextvars
import gc
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

from bot import compiled as compiled_
from bot import content as content_
from bot.api import Bot
from bot.compiled import Compiled
from bot.content import Content
from bot.errors import ContentError
from bot.yamlfile import Memory

EVERY = 0.2  # seconds between two looks at the files: some ten milliseconds each for a thousand files
UNTRAINED = "~"  # ends the name of a build whose new wording is not trained yet
_SHOWN = 5  # problems named in the chat; `check` names all
_TRAIN = "import sys; from bot import Bot; print(Bot(*sys.argv[2:], cache=sys.argv[1]).compiled.build)"
Stamp = tuple[tuple[str, int, int], ...]


@contextlib.contextmanager
def _uncollected() -> Iterator[None]:
    """Hold the garbage collector off: a million new records that are all kept made it look again and again, half the time."""
    running = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if running:
            gc.enable()


class Watch:
    """Follows the files of a bot. `bot` is always the newest that can answer; `tell` is told each change, in a line or more.

    Use as a context manager, which looks by itself, or call `look`.
    """

    def __init__(self, bot: Bot, cache: Path, tell: Callable[[str], None], every: float = EVERY) -> None:
        self.bot = bot
        self._trained = bot.compiled
        self._cache = cache
        self._tell = tell
        self._every = every
        self._memory = Memory()
        self._stamp = self._stamped()
        self._training: subprocess.Popen[str] | None = None
        self._wording = ""  # what is being trained
        self._over = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def busy(self) -> bool:
        """Whether a training runs."""
        return self._training is not None

    def __enter__(self) -> Watch:
        context = contextvars.copy_context()  # the terminal belongs to the context of the chat
        self._thread = threading.Thread(target=context.run, args=(self._run,), daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        if self._thread is not None:
            self._thread.join()
        self._stop_training()

    def _run(self) -> None:
        # Every file read once beforehand: the first edit then counts as soon as the next.
        with _uncollected(), contextlib.suppress(ContentError, OSError):
            compiled_.checked(self.bot.folders, memory=self._memory)
        while not self._over.wait(self._every):
            self.look()

    def look(self) -> None:
        """Take over what has been saved or trained since the last look."""
        if self._training is not None and self._training.poll() is not None:
            self._take_trained(self._training)
        stamp = self._stamped()
        if stamp != self._stamp:
            self._stamp = stamp
            self._take_saved()

    def _stamped(self) -> Stamp:
        found = []
        for path, shown in content_.files(self.bot.folders):
            try:
                stat = path.stat()
            except OSError:
                continue  # removed or being replaced: the next look sees which
            found.append((shown, stat.st_mtime_ns, stat.st_size))
        return tuple(found)

    def _take_saved(self) -> None:
        try:
            name = compiled_.key(self.bot.folders)
            with _uncollected():
                content = compiled_.checked(self.bot.folders, memory=self._memory)
        except ContentError as error:
            self._complain(error)
            return
        except FileNotFoundError:
            self._stamp = ()  # removed under our hands: look again
            return
        if name == self.bot.compiled.build:
            return
        if not self._answers_with(content, name):
            self._train(content, name)

    def _answers_with(self, content: Content, name: str) -> bool:
        """Answer with content whose wording has been trained already; return whether it has."""
        if compiled_.wording(content) == self._trained.wording:
            found = compiled_.retold(self._trained, content, name)
        else:
            stored = compiled_.stored(name, self._cache)
            if stored is None:
                return False
            found = self._trained = stored
        self._stop_training()
        self._swap(found, "trained; the new ranker answers" if self.bot.compiled.build == name + UNTRAINED else "reloaded")
        return True

    def _train(self, content: Content, name: str) -> None:
        from bot.authoring.provisional import provisional  # imports the trainer: a second that few chats need

        wording = compiled_.wording(content)
        meanwhile = provisional(self._trained, content, name + UNTRAINED)
        if self._training is None or wording != self._wording:
            self._stop_training()
            self._wording = wording
            arguments = [sys.executable, "-c", _TRAIN, str(self._cache), *map(str, self.bot.folders)]
            self._training = subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        if meanwhile is not None:
            self._swap(meanwhile, "reloaded; new lines are known word for word while the ranker is trained")
        else:
            self._tell("training; the old ranker answers meanwhile")

    def _take_trained(self, training: subprocess.Popen[str]) -> None:
        out, err = training.communicate()
        self._training = None
        found = compiled_.stored(out.strip(), self._cache) if training.returncode == 0 else None
        if found is None:
            # What was wrong with the files themselves has been told when they were saved.
            self._tell(f"training failed: {err.strip().splitlines()[-1] if err.strip() else 'the cache cannot be read'}")
            return
        self._trained = found
        self._stamp = ()  # what was saved meanwhile is taken over by the look that follows

    def _stop_training(self) -> None:
        if self._training is not None:
            self._training.kill()
            self._training.communicate()
            self._training = None

    def _swap(self, compiled: Compiled, what: str) -> None:
        self.bot = Bot.of(compiled, self.bot.folders)
        self._tell(what)

    def _complain(self, error: ContentError) -> None:
        shown = [str(p) for p in error.problems[:_SHOWN]]
        more = len(error.problems) - len(shown)
        rest = [f"… and {more} more: genai-bot check"] if more else []
        self._tell("\n".join(["not reloaded; the last good version answers:", *shown, *rest]))
