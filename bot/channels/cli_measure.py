"""The commands `genai-bot import`, `export` and `eval`: parsing arguments and printing."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.authoring.importer import Asked


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the commands to the parser."""
    importing = commands.add_parser("import", help="make a content folder out of labelled questions")
    importing.add_argument("file", metavar="FILE", type=Path, help="Rasa NLU YAML, CSV (text, intent) or CLINC150 JSON")
    importing.add_argument("-o", "--output", metavar="FOLDER", type=Path, required=True, help="the folder to write")
    importing.add_argument(
        "--from", dest="form", choices=("rasa", "csv", "clinc"), default="", help="default: by the file's ending"
    )
    importing.add_argument("--split", metavar="A,B", default="", help="parts of the file to learn from")
    keep = "parts to hold out: they set the thresholds and prove the claims"
    importing.add_argument("--held-out", metavar="A,B", default="", help=keep)
    importing.set_defaults(run=_import)

    exporting = commands.add_parser("export", help="write content as labelled questions: Rasa NLU YAML or CSV")
    exporting.add_argument("folders", nargs="*", metavar="FOLDER", help="content folders (default: the shipped content)")
    exporting.add_argument("--to", choices=("rasa", "csv"), default="rasa", help="default: rasa")
    exporting.add_argument("-o", "--output", metavar="FILE", type=Path, help="the file to write (default: stdout)")
    exporting.add_argument("--most", type=int, default=16, metavar="N", help="sentences of one pattern (default 16)")
    exporting.set_defaults(run=_export)

    measuring = commands.add_parser("eval", help="measure what the bot does with labelled questions")
    measuring.add_argument("folders", nargs="*", metavar="FOLDER", help="content folders (default: the shipped content)")
    how = measuring.add_mutually_exclusive_group()
    how.add_argument("--held-out", metavar="FILE", type=Path, help="labelled questions, in a form that import reads")
    how.add_argument(
        "--folds", type=int, default=5, help="without a file: ask each line of a bot compiled without it (default 5)"
    )
    measuring.add_argument("--split", metavar="A,B", default="", help="parts of the file")
    form = measuring.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="print all figures and outcomes as one JSON object")
    form.add_argument("--html", metavar="FILE", type=Path, help="write one self-contained HTML page as well")
    measuring.set_defaults(run=_eval)


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _import(args: argparse.Namespace) -> int:
    from bot.authoring import importer

    splits, held = _parts(args.split), _parts(args.held_out)
    asked = importer.read(args.file, args.form, [*splits, *held])
    kept = [a for a in asked if a.split in held]
    learned = [a for a in asked if a.split not in held]
    names = importer.write(learned, args.output, kept)
    print(f"{len(learned)} examples of {len(names)} intents in {args.output}" + (f", {len(kept)} held out" if kept else ""))
    print(
        f"Answers only name the intent so far; write them in {args.output / 'intents'}, then: genai-bot --content {args.output}"
    )
    return 0


def _export(args: argparse.Namespace) -> int:
    import sys

    from bot import content
    from bot.api import SHIPPED
    from bot.authoring import exporter

    read = content.load([Path(f) for f in args.folders] or [SHIPPED])
    found = exporter.questions(read, max(1, args.most))
    text = exporter.table(found) if args.to == "csv" else exporter.rasa(found, read)
    if args.output is None:
        sys.stdout.write(text)
        return 0
    args.output.write_text(text, encoding="utf-8", newline="\n")
    print(f"{len(found)} questions of {len({q.intent for q in found})} intents in {args.output}")
    return 0


def _eval(args: argparse.Namespace) -> int:
    import tempfile

    from bot.api import Bot
    from bot.authoring import evaluate, figures, importer
    from bot.errors import ContentError, Problem

    folders = [Path(f) for f in args.folders]
    if args.held_out:
        bot = Bot(*folders, cache=args.cache)
        asked = importer.read(args.held_out, "", _parts(args.split))
        found = evaluate.ask(bot, _as_named(asked))
    elif len(folders) == 1:
        bot = Bot(*folders, cache=args.cache)
        with tempfile.TemporaryDirectory() as work:
            found = evaluate.folds(folders[0], args.folds, Path(work), lambda part: Bot(part, cache=Path(work) / "cache"))
    else:
        raise ContentError([Problem("eval", 0, 0, "give one folder for --folds, or --held-out FILE", "no-questions")])
    claim = bot.compiled.labels.claim.words() if bot.compiled.labels else ""
    result = evaluate.result(found, claim)
    if args.html:
        args.html.write_text(
            figures.page(result, f"Evaluation of {', '.join(args.folders) or 'the shipped bot'}"), encoding="utf-8"
        )
        print(f"wrote {args.html}")
    print(figures.json(result) if args.json else figures.text(result))
    return 0


def _as_named(asked: list[Asked]) -> list[Asked]:
    """Return the questions with their labels as importing names intents."""
    from bot.authoring.importer import Asked, name_of

    return [a if a.outside else Asked(a.text, name_of(a.intent), a.split, a.line) for a in asked]
