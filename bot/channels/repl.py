"""The chat in a terminal: one public name, `chat`. A thin shell over `Session`; prompt_toolkit does the typing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import platformdirs
from prompt_toolkit import PromptSession, print_formatted_text
from prompt_toolkit.application import get_app, get_app_session
from prompt_toolkit.auto_suggest import AutoSuggestFromHistory
from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document
from prompt_toolkit.enums import DEFAULT_BUFFER
from prompt_toolkit.filters import Condition, has_focus
from prompt_toolkit.formatted_text import FormattedText
from prompt_toolkit.history import FileHistory, History, InMemoryHistory
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent

from bot.api import SHIPPED, Bot
from bot.authoring.watch import Watch
from bot.channels.terminal import describe, lay_out, source_lines
from bot.schema import nearest
from bot.types import Reply

PROMPT = "> "
LEAVE = "/quit or Ctrl-D leaves."
COMMANDS = {
    "/help": "what you can ask and type",
    "/why": "how the last message was understood and decided",
    "/sources": "every page the last reply rests on",
    "/wrong": "note that the last reply was no good (where a log is kept)",
    "/reset": "forget the conversation",
    "/quit": "leave (so does Ctrl-D)",
}
_LONGEST_NAME = 4  # words looked at before the cursor when completing a name


def chat(bot: Bot, keep: Callable[[str, Reply, bool], None] | None = None, cache: Path | None = None) -> int:
    """Hold a conversation on the terminal until the user leaves; return the exit code 0.

    `keep` is told each message, its reply, and whether the user called that wrong. Where `cache` is given, the folder for
    compiled bots, the bot follows its files as they are edited.
    """
    if cache is None:
        return _hold(_Talk(bot, keep), bot)
    # A change is told above the line being typed, dim; the next message is answered by the new bot.
    with Watch(bot, cache, lambda text: print_formatted_text(FormattedText([("fg:ansibrightblack", f"[{text}]")]))) as watch:
        return _hold(_Talk(bot, keep, watch), bot)


def _hold(talk: _Talk, bot: Bot) -> int:
    prompt: PromptSession[str] = PromptSession(
        PROMPT,
        history=_history(Path(platformdirs.user_state_dir("genai-bot", appauthor=False)) / "history"),
        completer=SafeCompleter(Names(e.name for e in bot.compiled.content.entities.values())),
        complete_while_typing=Condition(lambda: prompt.default_buffer.text.startswith("/")),
        auto_suggest=AutoSuggestFromHistory(),
        key_bindings=_keys(),
        reserve_space_for_menu=len(COMMANDS),
    )
    talk.greet()
    while not talk.over:
        try:
            talk.hear(prompt.prompt().strip())
        except KeyboardInterrupt:
            talk.say(LEAVE)
        except EOFError:
            talk.quit()
    return 0


def _keys() -> KeyBindings:
    keys = KeyBindings()

    @keys.add("c-c", filter=has_focus(DEFAULT_BUFFER) & Condition(lambda: bool(get_app().current_buffer.text)))
    def _(event: KeyPressEvent) -> None:
        """Clear the line."""
        event.current_buffer.reset()

    return keys


# ------------------------------------------------------------------------------------------------ the conversation


class _Talk:
    """One conversation on the terminal: says things, obeys slash commands."""

    def __init__(self, bot: Bot, keep: Callable[[str, Reply, bool], None] | None, watch: Watch | None = None) -> None:
        self.over = False
        self._watch = watch
        self._keep = keep
        self._bot = bot
        self._session = bot.session()
        self._commands: dict[str, Callable[[], None]] = {name: getattr(self, name[1:]) for name in COMMANDS}

    def greet(self) -> None:
        """Say what this is, what one can ask, and how to leave."""
        if SHIPPED in self._bot.folders:
            what = "I answer questions about large language models and generative AI, from sourced knowledge."
        else:
            what = f"I answer questions from {', '.join(str(f) for f in self._bot.folders)}."
        example = self._example()
        self.say(f"{what}{f' For example: {example}' if example else ''}\n/help lists the commands; {LEAVE}")

    def _example(self) -> str:
        content = self._bot.compiled.content
        if SHIPPED in self._bot.folders:
            return "Is ChatGPT an LLM?"
        asked = [s.question for s in content.statements.values()]
        asked += [i.question for i in content.intents.values() if not i.act and not i.slots]
        return asked[0] if asked else ""

    def hear(self, line: str) -> None:
        """Answer one line, or obey it where it is a slash command."""
        if not line:
            return
        if self._watch and self._watch.bot is not self._bot:
            self._bot = self._watch.bot
            self._session.follow(self._bot)
        if line.lower() in ("quit", "exit"):
            self.quit()
            return
        if line.startswith("/"):
            self._obey(line.split()[0].lower())
            return
        reply = self._session.ask(line)
        if self._keep:
            self._keep(line, reply, False)
        self.say(reply.text, source_lines(reply.sources, self._width()))

    def _obey(self, name: str) -> None:
        command = self._commands.get(name)
        if command:
            command()
            return
        self.say(f"There is no command {name[:40]}{nearest(name, COMMANDS) or '; /help lists them'}")

    def help(self) -> None:
        """Say what can be typed, and how old the knowledge is."""
        lines = [f"{name.ljust(10)}{what}" for name, what in COMMANDS.items()]
        as_of = self._bot.compiled.content.as_of
        known = f"\n\nKnowledge as of {as_of}." if as_of else ""
        head = "Ask in your own words, and ask on (“and Gemini?”). Where I offer choices, type the number."
        keys = "Tab completes names and commands, the right arrow takes the grey suggestion, Ctrl-C clears the line."
        self.say(f"{head}\n\n" + "\n".join(lines) + f"\n\n{keys}{known}")

    def why(self) -> None:
        """Show the trace of the last message."""
        if self._session.last is None:
            self.say("Nothing has been asked yet.")
            return
        self.say(describe(self._session.last, self._bot.compiled.settings))

    def sources(self) -> None:
        """Show every source of the last reply, with its address."""
        found = self._session.last.reply.sources if self._session.last else ()
        lines = [f"{i}. {s.publisher}: {s.title}, read {s.read}\n   {s.url}" for i, s in enumerate(found, 1)]
        self.say("\n".join(lines) or "The last reply rests on no source.")

    def wrong(self) -> None:
        """Log the last message as badly answered."""
        last = self._session.last
        if self._keep is None:
            self.say("No log is kept; genai-bot --log FILE keeps one.")
        elif last is None:
            self.say("Nothing has been asked yet.")
        else:
            self._keep(last.text, last.reply, True)
            self.say("Noted.")

    def reset(self) -> None:
        """Forget the conversation."""
        self._session.reset()
        self.say("Forgotten; we start afresh.")

    def quit(self) -> None:
        """Leave."""
        self.over = True

    def _width(self) -> int:
        return get_app_session().output.get_size().columns

    def say(self, text: str, dim: Sequence[str] = ()) -> None:
        """Print a reply laid out for the terminal, and below it dim lines; a blank line follows."""
        shown = [("", lay_out(text, self._width())), *(("fg:ansibrightblack", f"\n{line}") for line in dim)]
        print_formatted_text(FormattedText([*shown, ("", "\n")]))


# ------------------------------------------------------------------------------------------------ typing


def _history(path: Path) -> History:
    """Return the history kept in a file that only its owner can read, or in memory where it cannot be written."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        with path.open("ab"):
            return _KeptHistory(str(path))
    except OSError:
        return InMemoryHistory()


class _KeptHistory(FileHistory):
    """A history file that may stop being writable (a full disk) without ending the chat."""

    def store_string(self, string: str) -> None:
        try:
            super().store_string(string)
        except OSError:
            return  # the line is still in this session's memory


class Names(Completer):
    """Completes slash commands at the start of a line, and known names anywhere in it."""

    def __init__(self, names: Iterable[str]) -> None:
        self._names = sorted(set(names), key=str.casefold)

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterable[Completion]:
        """Yield the commands or names that start with what stands before the cursor, the longest beginning first."""
        text = document.text_before_cursor
        if text.startswith("/"):
            for name, what in COMMANDS.items():
                if name.startswith(text.lower()):
                    yield Completion(name, -len(text), display_meta=what)
            return
        words = text.split(" ")
        for n in range(min(_LONGEST_NAME, len(words)), 0, -1):
            typed = " ".join(words[-n:])
            found = [name for name in self._names if len(typed) > 1 and name.casefold().startswith(typed.casefold())]
            yield from (Completion(name, -len(typed)) for name in found)
            if found:
                return


class SafeCompleter(Completer):
    """A completer whose bug costs the completions, never the session."""

    def __init__(self, inner: Completer) -> None:
        self._inner = inner

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterable[Completion]:
        """Yield what the inner completer yields until it fails."""
        try:
            yield from self._inner.get_completions(document, complete_event)
        except Exception:
            # The one place that catches all: a prompt that dies while typing loses what was typed.
            return
