"""The author's loop: test, diff, inbox, export. Parsing and printing; the work is in `bot.authoring`."""

from __future__ import annotations

import argparse
import difflib
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.api import SHIPPED, Bot

if TYPE_CHECKING:
    from bot.authoring.edited import Edit
    from bot.authoring.impact import Change
    from bot.authoring.inbox import Decision, Group
    from bot.authoring.transcripts import Replay

OK, ERROR, USAGE, UNSURE, CONTENT = 0, 1, 2, 3, 4
Common = Callable[[argparse.ArgumentParser], None]


def register(commands: Any, common: Common) -> None:
    """Add the commands to the parser; `common` adds the options --content and --cache."""
    test = commands.add_parser(
        "test",
        help="replay conversations and say what they do not reach",
        epilog="Exit codes: 0 all hold, 1 a conversation does not, 2 wrong use, 4 content problems.",
    )
    test.add_argument("paths", nargs="*", metavar="PATH", help="transcripts or folders (default: conversations/ in the content)")
    test.add_argument("--coverage", action="store_true", help="list every intent, answer and fact that no turn touched, by line")
    test.add_argument("--update", action="store_true", help="show what it takes to match today's replies, and ask to write it")
    test.add_argument("--yes", action="store_true", help="with --update: write without asking")
    common(test)
    test.set_defaults(run=_test)
    _add_inbox(commands, common)
    _add_diff(commands, common)


def _add_diff(commands: Any, common: Common) -> None:
    diff = commands.add_parser(
        "diff",
        help="name the questions that an edit changes, by the edited line",
        description="Asks the conversations beside the content, and the logged questions, of two states of the content.",
        epilog="Exit codes: 0 nothing changes, 1 something does, or an error, 2 wrong use, 4 content problems.",
    )
    diff.add_argument("old", metavar="OLD", help="a git revision, or a content folder")
    diff.add_argument("new", nargs="?", metavar="NEW", help="a content folder (default: --content)")
    diff.add_argument("--log", metavar="FILE", help="ask the questions of this log too")
    diff.add_argument("--questions", metavar="FILE", help="ask the questions of this file too, one a line")
    common(diff)
    diff.set_defaults(run=_diff)


def _add_inbox(commands: Any, common: Common) -> None:
    inbox = commands.add_parser(
        "inbox",
        help="turn logged questions into authored lines",
        description="Shows the questions that `--log FILE` kept, alike ones together, and asks what becomes of each group.",
        epilog="Exit codes: 0 done, 1 error, 2 wrong use, 4 content or decisions with problems.",
    )
    inbox.add_argument("--log", required=True, metavar="FILE", help="the log that chat and ask wrote")
    way = inbox.add_mutually_exclusive_group()
    way.add_argument("--list", action="store_true", help="print the groups and exit")
    way.add_argument("--write", metavar="FILE", help="write the groups as decisions to fill in, for --apply")
    way.add_argument("--apply", metavar="FILE", help="carry out the decisions in a file")
    inbox.add_argument("--dry-run", action="store_true", help="show what would be written and what else would change")
    common(inbox)
    inbox.set_defaults(run=_inbox)


# ------------------------------------------------------------------------------------------------ test


def _test(args: argparse.Namespace) -> int:
    from bot.authoring import reach, transcripts
    from bot.authoring.report import printable

    bot = Bot(*args.content, cache=args.cache)
    found = transcripts.files([Path(p) for p in args.paths], bot.folders)
    if not found:
        print("genai-bot test: no transcript; write one into conversations/ beside intents/", file=sys.stderr)
        return USAGE
    played = [transcripts.replay(bot, transcripts.read(path)) for path in found]
    for replay in played:
        for unmet in replay.unmet:
            print(f"{replay.transcript.path.as_posix()}:{unmet.turn.line}: {printable(unmet.turn.you)}: {'; '.join(unmet.what)}")
            print(f"    {printable(' '.join(unmet.reply.text.split())[:200])}")
    if args.update:
        return _update(played, args.yes)
    touched = reach.reach(bot, (t for r in played for t in r.traces))
    if args.coverage:
        for place in touched.untouched:
            print(f"{place}: touched by no test")
    failed = sum(bool(r.unmet) for r in played)
    print(
        f"{len(played)} conversation(s), {sum(len(r.traces) for r in played)} turns: {len(played) - failed} hold, {failed} do not"
    )
    print("touched: " + ", ".join(f"{done} of {total} {sort}s" for sort, done, total in touched.shares()))
    return ERROR if failed else OK


def _update(played: Sequence[Replay], yes: bool) -> int:
    from bot.authoring import files, transcripts

    left = 0
    for replay in played:
        if not replay.unmet:
            continue
        path = replay.transcript.path
        old, new = path.read_text(encoding="utf-8"), transcripts.updated(replay)
        show_diff(path.as_posix(), old, new)
        if yes or _asked(f"Write {path.as_posix()}? [y/N] "):
            files.replace(path, new)
            print(f"wrote {path.as_posix()}")
        else:
            left += 1
    return ERROR if left else OK


def _asked(question: str) -> bool:
    print(question, end="", flush=True)
    return (sys.stdin.readline() if sys.stdin else "").strip().lower() in ("y", "yes")


def show_diff(name: str, old: str, new: str) -> None:
    """Print how a file would change, as a unified diff with one line around each change."""
    for line in difflib.unified_diff(old.splitlines(), new.splitlines(), f"a/{name}", f"b/{name}", "", "", 1, ""):
        print(line)


# ------------------------------------------------------------------------------------------------ inbox


def _inbox(args: argparse.Namespace) -> int:
    from bot.authoring import files, inbox, journal

    bot = Bot(*args.content, cache=args.cache)
    if args.apply:
        return _settle(args, bot, inbox.read_decisions(Path(args.apply), bot))
    found = inbox.groups(bot, journal.read(Path(args.log)))
    if not found:
        print(f"nothing in {args.log}")
        return OK
    if args.write:
        if Path(args.write).exists():
            print(f"genai-bot inbox: {args.write} is there already; name a new file", file=sys.stderr)
            return USAGE
        files.replace(Path(args.write), inbox.write_decisions(found))
        print(f"wrote {args.write}: {len(found)} groups; fill in `accept:`, then --apply {args.write}")
        return OK
    if args.list:
        for number, group in enumerate(found, 1):
            _show(number, group)
        return OK
    return _settle(args, bot, _typed(bot, found))


def _show(number: int, group: Group) -> None:
    from bot.authoring.report import printable

    print(f"{number}. {group.describe()}")
    for text in group.texts[:8]:
        print(f"     {printable(text)}")
    if len(group.texts) > 8:
        print(f"     … and {len(group.texts) - 8} more")


def _typed(bot: Bot, found: Sequence[Group]) -> list[Decision]:
    """Return the decisions typed on stdin, group by group, until q or the end of input."""
    from bot.authoring import inbox

    decisions: list[Decision] = []
    for number, group in enumerate(found, 1):
        _show(number, group)
        names = ", ".join(f"{i} {name}" for i, (name, _) in enumerate(group.near, 1))
        while True:
            print(f"Accept as [{names + ', ' if names else ''}a name, d drop, Enter later, q stop] ", end="", flush=True)
            line = sys.stdin.readline() if sys.stdin else ""
            if line.strip() == "q" or not line:
                return decisions
            decision = inbox.decision_of(group, line.strip())
            unfit = inbox.unfit(decision, bot)
            if not unfit:
                decisions.append(decision)
                break
            print(unfit[0].message)
    return decisions


def _settle(args: argparse.Namespace, bot: Bot, decisions: Sequence[Decision]) -> int:
    from bot.authoring import files, inbox, journal

    plan = inbox.plan(bot, decisions, args.cache)
    for path, text in plan.edits:
        show_diff(path.as_posix(), files.text_of(path), text)
    for text in plan.missed:
        print(f"still understood otherwise, stays in the log: {text}")
    for change in plan.changes:
        print(f"changes {change.place}: {change.question}: {change.what}")
    if args.dry_run:
        print("nothing written")
        return OK
    inbox.carry_out(plan)
    gone = journal.settle(Path(args.log), plan.settled)
    print(f"{len(decisions)} decision(s): {plan.lines} line(s) added, {gone} logged question(s) settled")
    return OK


# ------------------------------------------------------------------------------------------------ diff


def _diff(args: argparse.Namespace) -> int:
    import tempfile

    from bot.authoring import edited, impact, journal, transcripts, trial

    new_folders = [Path(args.new)] if args.new else [Path(f) for f in args.content] or [SHIPPED]
    with tempfile.TemporaryDirectory() as folder:
        if Path(args.old).is_dir():
            old_folders = [Path(args.old)]
        else:
            old_folders = [edited.checkout(args.old, f, Path(folder) / str(n)) for n, f in enumerate(new_folders)]
        found = edited.edits(old_folders, new_folders)
        if not found:
            print("no line of the content differs")
            return OK
        old = Bot(*old_folders, cache=args.cache)
        new = Bot(*new_folders, cache=args.cache)
        talks = [transcripts.read(p) for p in transcripts.files([], new_folders)]
        asked = [e.text for e in journal.read(Path(args.log))] if args.log else []
        if args.questions:
            asked += trial.questions(Path(args.questions).read_text(encoding="utf-8", errors="replace"))
        asked = list(dict.fromkeys(asked))
        changes = impact.changes(old, new, talks, asked)
        for edit, group in edited.explained(changes, found, old, new):
            _show_edit(edit, group)
    total = sum(len(t.turns) for t in talks) + len(asked)
    print(f"{len(found)} line(s) edited; {len(changes)} of {total} question(s) change")
    return ERROR if changes else OK


def _show_edit(edit: Edit | None, group: Sequence[Change]) -> None:
    from bot.authoring.report import printable

    print(printable(str(edit)) if edit else "no one line (what is learned from all of them shifted)")
    for change in group:
        print(f"    {printable(change.question)}: {change.what}{f'  ({change.place})' if change.place else ''}")
        if change.old.reply.text != change.new.reply.text:
            print(f"      - {_short(change.old.reply.text)}")
            print(f"      + {_short(change.new.reply.text)}")


def _short(text: str) -> str:
    from bot.authoring.report import printable

    line = printable(" ".join(text.split()))
    return line if len(line) <= 110 else line[:109] + "…"
