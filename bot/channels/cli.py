"""The command `genai-bot`: chat, ask, check, why. A thin shell: it parses arguments, prints, and sets the exit code."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, TextIO

from bot.api import SHIPPED, Bot, Session, cache_folder
from bot.channels import cli_measure, desk, loop
from bot.channels.terminal import describe, lay_out
from bot.errors import BotError, ContentError, Problem
from bot.types import Reply

Keep = Callable[[str, Reply, bool], None]
OK, ERROR, USAGE, UNSURE, CONTENT = 0, 1, 2, 3, 4


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code: 0 answered, 3 abstained or asked back, 1 error, 2 wrong use, 4 content."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    try:
        args = _parser().parse_args(argv)
        code = int(args.run(args))
        if sys.stdout is not None:
            sys.stdout.flush()
        return code
    except ContentError as error:
        _print_problems(error.problems)
        return CONTENT
    except BrokenPipeError:
        # The reader (head, less) has what it wanted; what is left in the buffer must not complain on the way out.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return OK
    except (BotError, OSError) as error:
        print(f"genai-bot: {error}", file=sys.stderr)
        return ERROR
    except KeyboardInterrupt:
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="genai-bot",
        description="Answers questions about large language models and generative AI from a sourced knowledge base. "
        "Without a command it chats; where stdin is no terminal it answers each line of it.",
        epilog="Exit codes of ask: 0 answered, 3 abstained or asked back, 1 error, 2 wrong use, 4 content problems.",
    )
    _common(parser, content=[], cache=None)
    parser.add_argument("--version", action="store_true", help="print the version and how old the knowledge is")
    _log(parser, None)
    parser.set_defaults(run=_chat)
    commands = parser.add_subparsers(metavar="COMMAND")

    ask = commands.add_parser("ask", help="answer one question and exit")
    ask.add_argument("text", nargs="*", help="the question; - reads it from stdin")
    form = ask.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="print the reply as one JSON object")
    lines = 'read {"session": ..., "text": ...} lines from stdin, write one reply a line'
    form.add_argument("--jsonl", action="store_true", help=lines)
    _common(ask, content=argparse.SUPPRESS, cache=argparse.SUPPRESS)
    _log(ask, argparse.SUPPRESS)
    ask.set_defaults(run=_ask)

    why = commands.add_parser("why", help="print how a question is understood and decided")
    why.add_argument("text", nargs="+")
    why.add_argument("--json", action="store_true", help="print the trace as JSON")
    _common(why, content=argparse.SUPPRESS, cache=argparse.SUPPRESS)
    why.set_defaults(run=_why)

    for module in (desk, loop):
        module.register(commands, lambda command: _common(command, content=argparse.SUPPRESS, cache=argparse.SUPPRESS))
    cli_measure.register(commands)
    return parser


def _common(parser: argparse.ArgumentParser, content: list[str] | str, cache: str | None) -> None:
    """Add the options that stand before or after a command; a command leaves out defaults, which would win."""
    what = "content folder (repeatable; default: the shipped content)"
    where = "folder for compiled bots (default: the user's cache folder)"
    parser.add_argument("--content", metavar="FOLDER", action="append", default=content, help=what)
    parser.add_argument("--cache", metavar="FOLDER", default=cache, help=where)


def _log(parser: argparse.ArgumentParser, default: str | None) -> None:
    what = "keep unanswered questions in this file, e-mail addresses and long numbers masked, for `genai-bot inbox`"
    parser.add_argument("--log", metavar="FILE", default=default, help=what)


def _keeper(args: argparse.Namespace) -> Keep:
    """Return what logs a question the bot could not serve: nothing, unless a file was named."""
    if not args.log:
        return lambda text, reply, down: None
    from bot.authoring import journal

    return journal.keeper(Path(args.log))


def _bot(args: argparse.Namespace, one_shot: bool = False) -> Bot:
    return Bot(*args.content, cache=args.cache, progress=progress_bar(), one_shot=one_shot)


def progress_bar() -> Callable[[str, float], None] | None:
    """Return a progress callback that draws a bar on stderr, or None where stderr is no terminal."""
    if sys.stderr is None or not sys.stderr.isatty():
        return None
    width = 24
    room = shutil.get_terminal_size().columns - 1  # a line that wraps cannot be drawn over

    def show(what: str, share: float) -> None:
        done = int(share * width)
        line = f"Preparing (first run only) [{'#' * done}{'.' * (width - done)}] {what}" if share < 1.0 else ""
        sys.stderr.write(f"\r\033[K{line[:room]}")
        sys.stderr.flush()

    return show


def _print_problems(problems: Sequence[Problem]) -> None:
    for problem in problems:
        print(problem, file=sys.stderr)
    errors = sum(p.severity == "error" for p in problems)
    print(f"{errors} error(s), {len(problems) - errors} warning(s)", file=sys.stderr)


# ------------------------------------------------------------------------------------------------ commands


def _chat(args: argparse.Namespace) -> int:
    if args.version:
        return _version(args)
    bot = _bot(args)
    if sys.stdin is None:  # closed by the caller
        return OK
    if sys.stdin.isatty():
        from bot.channels.repl import chat

        return chat(bot, keep=_keeper(args), cache=cache_folder(args.cache))
    from bot.authoring.watch import Watch

    session, keep = bot.session(), _keeper(args)
    with Watch(bot, cache_folder(args.cache), lambda text: print(f"[{text}]", file=sys.stderr)) as watch:
        for line in _lines(sys.stdin):
            if line.strip():
                session.follow(watch.bot)
                reply = session.ask(line)
                print_reply(reply)
                keep(line, reply, False)
    return OK


def _version(args: argparse.Namespace) -> int:
    from bot import __version__, content

    known = content.load([Path(f) for f in args.content] or [SHIPPED])
    print(f"genai-bot {__version__}, knowledge as of {known.as_of or 'no date'}")
    return OK


def _lines(stream: TextIO) -> Iterator[str]:
    """Yield the lines of a stream; bytes that are no UTF-8 become the replacement character."""
    buffer = getattr(stream, "buffer", None)
    if buffer is None:
        yield from stream
        return
    for raw in buffer:
        yield raw.decode("utf-8", errors="replace")


def _ask(args: argparse.Namespace) -> int:
    if args.jsonl:
        return _jsonl(args)
    text = " ".join(args.text)
    if text == "-":
        text = "".join(_lines(sys.stdin)) if sys.stdin else ""
    if not text.strip():
        print('genai-bot ask: no question; for example: genai-bot ask "Is ChatGPT an LLM?"', file=sys.stderr)
        return USAGE
    reply = _bot(args, one_shot=True).ask(text)
    _keeper(args)(text, reply, False)
    if args.json:
        print(json.dumps(reply.to_dict(), ensure_ascii=False))
    else:
        print_reply(reply)
    return OK if reply.answered else UNSURE


def _jsonl(args: argparse.Namespace) -> int:
    """Answer JSON lines; a line that is none gets an error object in its place, and the rest go on."""
    bot, keep = _bot(args), _keeper(args)
    sessions: dict[str, Session] = {}
    for number, line in enumerate(_lines(sys.stdin) if sys.stdin else (), 1):
        if not line.strip():
            continue
        try:
            asked = json.loads(line)
            text, name = asked["text"], str(asked.get("session", ""))
            if not isinstance(text, str):
                raise TypeError("'text' is not a string")
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            out: dict[str, Any] = {"error": f'line {number}: not {{"session": ..., "text": ...}} ({error})'}
        else:
            session = sessions.setdefault(name, bot.session())
            reply = session.ask(text)
            keep(text, reply, False)
            out = {"session": name, **reply.to_dict()}
        print(json.dumps(out, ensure_ascii=False), flush=True)
    return OK


def print_reply(reply: Reply) -> None:
    """Print the text and, below it, the sources; laid out where stdout is a terminal."""
    text = reply.text
    if sys.stdout is not None and sys.stdout.isatty():
        text = lay_out(text, shutil.get_terminal_size().columns)
    print(text)
    for source in reply.sources[:4]:
        print(f"  [{source.publisher}: {source.title}] {source.url}")
    if len(reply.sources) > 4:
        print(f"  … and {len(reply.sources) - 4} more")


def _why(args: argparse.Namespace) -> int:
    bot = _bot(args)
    trace = bot.explain(" ".join(args.text))
    if args.json:
        import msgspec

        print(msgspec.json.encode(trace).decode())
    else:
        from bot.authoring import nearest

        print(describe(trace, bot.compiled.settings))
        print(nearest.describe(nearest.nearest(bot.compiled, trace)))
    return OK
