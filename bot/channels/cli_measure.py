"""The commands `genai-bot import` and `genai-bot eval`: parsing arguments and printing."""

from __future__ import annotations

import argparse
from pathlib import Path


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
