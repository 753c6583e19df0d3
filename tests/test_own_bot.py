"""The README's chapters on a bot of one's own, followed word for word: every file written, every command run."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from bot.channels.cli import main

README = Path(__file__).parent.parent / "README.md"
CHAPTER = "## Write your own bot in ten minutes"
NEXT = "## Keep it good"
_CONFIDENCE = re.compile(r"\b[01]\.\d\d\b")


def steps(text: str, chapter: str = CHAPTER) -> list[tuple[str, str, str]]:
    """Return what the chapter has one do: ("write", path, text) and ("run", command, what it printed), in order."""
    found, path, fence, rows = [], "", "", []
    for line in text.split(chapter + "\n")[1].split("\n## ")[0].split("\n"):
        if not line.startswith("```"):
            if fence:
                rows.append(line)
            elif line.startswith("`shop/") or "(`shop/" in line:
                path = re.search(r"`([^`]+)`", line[line.index("`shop/") :]).group(1)
            continue
        if not fence:
            fence, rows = line, []
            continue
        if fence == "```console":
            found += [("run", *part.partition("\n")[::2]) for part in "\n".join(rows).split("$ ")[1:]]
        else:
            found.append(("write", path, "\n".join(rows) + "\n"))
        fence = ""
    return found


def run(command: str, cache: Path) -> int:
    """Run a command, other programs and redirections in a shell."""
    if command.startswith("genai-bot") and not {"<", ">"} & set(command.split()):
        return main(["--cache", str(cache), *arguments(command)])
    line = command.replace("genai-bot", f"'{sys.executable}' -m bot --cache '{cache}'")
    return subprocess.run(line, shell=True, check=False).returncode


def arguments(command: str) -> list[str]:
    program, *rest = [quoted or plain for quoted, plain in re.findall(r'"([^"]*)"|(\S+)', command)]
    assert program == "genai-bot"
    return rest


def test_the_chapter_leads_from_an_empty_folder_to_an_answering_bot(tmp_path, cache, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    todo = steps(README.read_text(encoding="utf-8"))
    assert sum(kind == "run" for kind, *_ in todo) < 10
    assert sum(kind == "write" for kind, *_ in todo) >= 5
    for kind, what, text in todo:
        if kind == "write":
            Path(what).write_text(text, encoding="utf-8")
            continue
        code = main(["--cache", str(cache), *arguments(what)])
        out = capsys.readouterr().out
        assert _CONFIDENCE.sub("0.00", out.strip()) == _CONFIDENCE.sub("0.00", text.strip()), what
        assert code == (3 if "abstained" in out and " 0 abstained" not in out else 0), what
    assert "0 error(s), 0 warning(s)" in README.read_text(encoding="utf-8")


@pytest.mark.parametrize("path", ["shop/knowledge/product/kettle.yaml", "shop/intents/return_period.yaml"])
def test_the_files_to_fill_in_are_those_the_commands_made(path):
    kinds = [(kind, what) for kind, what, _ in steps(README.read_text(encoding="utf-8"))]
    made = next(i for i, (kind, what) in enumerate(kinds) if kind == "run" and " new " in what)
    assert kinds.index(("write", path)) > made


@pytest.mark.skipif(os.name != "posix", reason="runs cp and sed")
def test_the_next_chapter_goes_on_from_there(tmp_path, cache, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    text = README.read_text(encoding="utf-8")
    for kind, what, _ in (first := steps(text)):
        if kind == "run" and what.split()[1] in ("init", "new"):
            run(what, cache)
    for kind, what, wanted in [*(s for s in first if s[0] == "write"), *steps(text, NEXT)]:
        if kind == "write":
            Path(what).parent.mkdir(exist_ok=True)
            Path(what).write_text(wanted, encoding="utf-8")
            continue
        capsys.readouterr()
        code = run(what, cache)
        assert capsys.readouterr().out.strip() == wanted.strip(), what
        assert code == (1 if "do not hold" in wanted or " 0 hold" in wanted or "question(s) change" in wanted else 0), what


if __name__ == "__main__":  # prints what the chapter's commands print, to be put into it
    import tempfile

    os.chdir(tempfile.mkdtemp())
    readme = README.read_text(encoding="utf-8")
    for kind, what, text in [*steps(readme), *steps(readme, NEXT)]:
        if kind == "write":
            Path(what).parent.mkdir(exist_ok=True)
            Path(what).write_text(text, encoding="utf-8")
        else:
            print("$", what, flush=True)
            run(what, Path("cache"))
