"""The author's commands, from check to try. Parsing and printing; the work is in `bot.authoring`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bot.api import SHIPPED
from bot.content import KINDS

OK, ERROR, USAGE, UNSURE, CONTENT = 0, 1, 2, 3, 4
Common = Callable[[argparse.ArgumentParser], None]


def register(commands: Any, common: Common) -> None:
    """Add the author's commands to the parser; `common` adds the options --content and --cache."""
    _add_check(commands)
    _add_coverage(commands)
    _add_init(commands)
    _add_new(commands)
    schema = commands.add_parser("schema", help="write JSON Schemas, by which editors complete and check YAML")
    schema.add_argument("folder", nargs="?", metavar="FOLDER", help="content folder; without it the schemas of any content")
    schema.add_argument("--to", metavar="FOLDER", help="where to write (default: .schema in the content folder)")
    schema.set_defaults(run=_schema)
    expand = commands.add_parser("expand", help="print the sentences a pattern stands for")
    expand.add_argument("pattern", nargs="+")
    expand.add_argument("--most", type=int, default=64, metavar="N", help="sentences printed at most (default: 64)")
    expand.set_defaults(run=_expand)
    try_ = commands.add_parser("try", help="answer a file of questions, one a line, as a table")
    try_.add_argument("file", help="the questions; - reads them from stdin; blank lines and lines with # are left out")
    try_.add_argument("--full", action="store_true", help="print whole answers, not their first words")
    common(try_)
    try_.set_defaults(run=_try)


def _add_check(commands: Any) -> None:
    check = commands.add_parser(
        "check",
        help="validate content and print every problem",
        epilog="Exit codes: 0 nothing that fails, 2 wrong use, 4 errors (with --strict also warnings). Notes never fail.",
    )
    check.add_argument("folders", nargs="*", metavar="PATH", help="content folders (default: the shipped content)")
    check.add_argument("--strict", action="store_true", help="let warnings fail too")
    check.add_argument("--format", choices=("text", "json", "github"), default="text", help="text shows each line (default)")
    check.add_argument("--least", choices=("error", "warning", "note"), default="note", help="leave out what is less severe")
    check.add_argument("--quick", action="store_true", help="leave out the comparison of each example with all others")
    check.add_argument("--rules", action="store_true", help="print what every rule is for, with an example, and exit")
    check.set_defaults(run=_check)


def _add_coverage(commands: Any) -> None:
    coverage = commands.add_parser(
        "coverage",
        help="print what can be answered about each kind of thing, and the holes",
        epilog="Exit codes: 0 no unexplained hole, 2 wrong use, 4 there are some.",
    )
    coverage.add_argument("folders", nargs="*", metavar="PATH", help="content folders (default: the shipped content)")
    only = coverage.add_mutually_exclusive_group()
    only.add_argument("--kind", choices=KINDS, help="only things of this kind, and which of them leave a question open")
    only.add_argument("--entity", metavar="ID", help="one thing: what is said to each question")
    coverage.add_argument("--json", action="store_true", help="print every cell and the unexplained holes as one JSON object")
    coverage.set_defaults(run=_coverage)


def _add_init(commands: Any) -> None:
    init = commands.add_parser("init", help="make a content folder of your own, which answers at once")
    init.add_argument("folder", metavar="FOLDER", help="a new or empty folder; its name is the first thing the bot knows")
    init.set_defaults(run=_init)


def _add_new(commands: Any) -> None:
    new = commands.add_parser("new", help="write a new intent or entity to fill in")
    what = new.add_subparsers(metavar="WHAT", required=True)
    intent = what.add_parser("intent", help="a kind of question: intents/NAME.yaml")
    intent.add_argument("name", metavar="NAME", help="lower-case letters, digits and _")
    intent.add_argument("--in", dest="folder", default=".", metavar="FOLDER", help="content folder (default: here)")
    intent.set_defaults(run=_new_intent)
    entity = what.add_parser("entity", help="a thing the bot knows: knowledge/KIND/ID.yaml")
    entity.add_argument("kind", metavar="KIND", help="model, product, company, concept or dataset")
    entity.add_argument("name", metavar="NAME", help='as written in a sentence: "GPT-4.5"')
    entity.add_argument("--in", dest="folder", default=".", metavar="FOLDER", help="content folder (default: here)")
    entity.set_defaults(run=_new_entity)


def _check(args: argparse.Namespace) -> int:
    from bot.authoring import report
    from bot.authoring.check import check, paths_of
    from bot.authoring.rules import manual

    if args.rules:
        print(manual())
        return OK
    folders = [Path(f) for f in args.folders] or [SHIPPED]
    found = check(folders, thorough=not args.quick)
    shown = [p for p in found if report.LEVELS.index(p.severity) <= report.LEVELS.index(args.least)]
    paths = paths_of(folders)
    if args.format == "json":
        print(report.as_json(shown, paths))
    else:
        for line in (report.as_text if args.format == "text" else report.as_github)(shown, paths):
            print(line)
        print(report.summary(found))
        if not any(p.severity == "error" for p in found):
            from bot.authoring.claims import words

            print(words(folders, args.cache))
    failing = {"error", "warning"} if args.strict else {"error"}
    return CONTENT if any(p.severity in failing for p in found) else OK


def _coverage(args: argparse.Namespace) -> int:
    from bot.authoring import coverage

    folders = [Path(f) for f in args.folders] or [SHIPPED]
    found = coverage.cover(folders, lambda e: e.kind == (args.kind or e.kind) and e.id == (args.entity or e.id))
    if not found.cells:
        print(f"genai-bot coverage: nothing known by the id {args.entity or args.kind!r}", file=sys.stderr)
        return USAGE
    if args.json:
        print(coverage.as_json(found))
    else:
        for line in coverage.detail(found) if args.entity else coverage.matrix(found, by_name=bool(args.kind)):
            print(line)
        for line in coverage.holes(found):
            print(line)
    return CONTENT if coverage.unexplained(found) else OK


def _init(args: argparse.Namespace) -> int:
    from bot.authoring import scaffold

    for path in scaffold.init(Path(args.folder)):
        print(f"wrote {path.as_posix()}")
    subject = scaffold.title(Path(args.folder).resolve().name)
    print(f'Try: genai-bot ask --content {args.folder} "What is {subject}?"')
    return OK


def _new_intent(args: argparse.Namespace) -> int:
    from bot.authoring import scaffold

    print(f"wrote {scaffold.new_intent(Path(args.folder), args.name).as_posix()}")
    return OK


def _new_entity(args: argparse.Namespace) -> int:
    from bot.authoring import scaffold

    print(f"wrote {scaffold.new_entity(Path(args.folder), args.kind, args.name).as_posix()}")
    return OK


def _schema(args: argparse.Namespace) -> int:
    from bot.authoring import editors

    folder = Path(args.folder) if args.folder else None
    to = Path(args.to) if args.to else (folder or Path()) / ".schema"
    for path in editors.write(to, folder):
        print(f"wrote {path.as_posix()}")
    return OK


def _expand(args: argparse.Namespace) -> int:
    from bot import pattern

    text = " ".join(args.pattern)
    try:
        total = pattern.count(pattern.parse(text))
    except pattern.PatternError as error:
        print(f"{text}\n{' ' * (error.col - 1)}^ {error}", file=sys.stderr)
        return CONTENT
    sentences = pattern.expand(text, max(1, args.most))
    for sentence in sentences:
        print(sentence)
    print(f"{total} sentence(s){f', {len(sentences)} shown' if len(sentences) < total else ''}", file=sys.stderr)
    return OK


def _try(args: argparse.Namespace) -> int:
    from bot.api import Bot
    from bot.authoring import trial

    data = sys.stdin.buffer.read() if args.file == "-" else Path(args.file).read_bytes()
    questions = trial.questions(data.decode("utf-8", errors="replace"))
    if not questions:
        print("genai-bot try: no question in it; write one a line", file=sys.stderr)
        return USAGE
    bot = Bot(*args.content, cache=args.cache)
    rows = trial.run(bot, questions)
    for line in trial.table(rows, full=args.full):
        print(line)
    return OK if all(r.status == "answered" for r in rows) else UNSURE
