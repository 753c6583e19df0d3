"""Write new content to fill in: a folder of one's own, an intent, an entity. Each is valid as it is written."""

from __future__ import annotations

import json
import re
from datetime import date
from pathlib import Path

from bot import content
from bot.authoring import editors
from bot.content import KINDS, Content
from bot.errors import BotError
from bot.schema import nearest

_NAME = re.compile(r"[a-z][a-z0-9_]*")

_WORDS = """\
# Everyday language of your subject. domain: words that show that a question is about it at all.
format: 1
domain: |
  {word}
"""
_DEFINE = """\
question: What is {subject}?
slots:
  subject: {kind: [concept, product, company], ask: What would you like explained?, default: focus}
examples: |
  what (is|are) [a|an|the] {subject}
  (tell me|i want to know) [more] about [the] {subject}
  (explain|describe) [the] {subject}
  what (does|do) {subject} mean
answers:
  - say: |
      {{ subject.summary }}
"""
_PROPERTIES = """\
# Every fact an entity may state. type: text, texts, date, number, verdict, entity or entities (`of` names the kinds);
# shelf_life: the days after which `genai-bot check` asks to read the source again.
format: 1
properties:
  what:    {type: text, label: what it is}
  summary: {type: text, label: summary}
  is_a:    {type: entities, of: [concept], label: kind}
  maker:   {type: entities, of: [company], label: maker}
"""
_SOURCES = """\
# Where facts come from: every fact and statement names one of these ids. read: the day you read the page.
own-notes:
  title: Our own notes
  publisher: {name}
  url: https://example.org
  read: {today}
"""
_SUBJECT = """\
name: {name}
countable: no
facts:
  - source: own-notes
    says:
      what: the subject of this bot
      summary: {summary}
"""
_FAQ = """\
# Answers to open questions. asks: how people put it, one a line; (a|b) is a choice, [x] is optional.
change-this-bot:
  question: How do I teach this bot an answer?
  asks: |
    how (do|can) i (teach|give|add to) (this bot|you) [an|another] answer[s]
    where (is|are) (your|the) (answers|knowledge) (written|kept)
    how (do|can) i change what you (say|know)
  say: Write it into knowledge/statement/faq.yaml, then ask again.
  source: own-notes
"""
_INTENT = """\
question: What is the {words} of {{subject}}?
slots:
  subject: {{kind: [{kinds}], ask: Which one do you mean?, default: focus}}
examples: |
  what is the {words} (of|for) [the] {{subject}}
  {{subject}} {words}
  (tell me|what about) the {words} (of|for) [the] {{subject}}
answers:
{answers}"""


def title(name: str) -> str:
    """Return a folder's name as a name in a sentence.

    >>> title("bean_street"), title("---")
    ('Bean street', 'Subject')
    """
    words = " ".join(re.findall(r"[^\W_]+", name))
    return words[:1].upper() + words[1:] if words else "Subject"


def slug(name: str) -> str:
    """Return a name as an id: lower-case letters, digits, dots and hyphens.

    >>> slug("GPT-4.5 (preview)"), slug("Crème brûlée")
    ('gpt-4.5-preview', 'crème-brûlée')
    """
    return re.sub(r"[^\w.]+", "-", name.lower().replace("_", "-")).strip("-.") or "subject"


def init(folder: Path) -> list[Path]:
    """Write a content folder of one's own and return its files; raise BotError where the folder holds something."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise BotError(f"{folder} holds something already; name a new or empty folder")
    name = title(folder.resolve().name)
    said = json.dumps(f"{name} is what this bot is about; write it into knowledge/concept/{slug(name)}.yaml.", ensure_ascii=False)
    shown = json.dumps(name, ensure_ascii=False)
    today = date.today().isoformat()
    files = {
        "intents/words.yaml": ("words", _WORDS.format(word=name.lower())),
        "intents/define.yaml": ("intent", _DEFINE),
        "knowledge/properties.yaml": ("properties", _PROPERTIES),
        "knowledge/source/sources.yaml": ("source", _SOURCES.format(name=shown, today=today)),
        f"knowledge/concept/{slug(name)}.yaml": ("entity", _SUBJECT.format(name=shown, summary=said)),
        "knowledge/statement/faq.yaml": ("statement", _FAQ),
    }
    written = [_write(folder, path, schema, text) for path, (schema, text) in files.items()]
    editors.write(folder / ".schema", folder)
    return written


def new_intent(folder: Path, name: str) -> Path:
    """Write intents/NAME.yaml and return its path; raise BotError where the name is unfit or taken."""
    if not _NAME.fullmatch(name):
        raise BotError(f"'{name[:40]}' is no name of an intent; write lower-case letters, digits and _, like return_period")
    known = _content(folder)
    if name in known.intents:
        raise BotError(f"there is an intent '{name}' already ({known.intents[name].place.rpartition(':')[0]})")
    kinds = [k for k in KINDS if any(e.kind == k for e in known.entities.values())] or ["concept"]
    words = name.replace("_", " ")
    if name in known.properties:
        answers = f"  - say: |\n      {{{{ subject.{name} }}}}\n"
    else:
        todo = f"{{{{ subject.name }}}}: TODO say its {words} here, read from a fact like {{{{ subject.summary }}}}"
        answers = f"  - say: |\n      {todo}\n"
    hole = f"I have nothing on record about the {words} of {{{{ subject.name }}}}."
    answers += f"  - status: abstain\n    say: |\n      {hole}\n"
    text = _INTENT.format(words=words, kinds=", ".join(kinds), answers=answers)
    return _write(folder, f"intents/{name}.yaml", "intent", text)


def new_entity(folder: Path, kind: str, name: str) -> Path:
    """Write knowledge/KIND/ID.yaml and return its path; raise BotError where kind or name are unfit or taken."""
    if kind not in KINDS:
        raise BotError(f"no kind '{kind[:40]}'{nearest(kind, KINDS) or '; the kinds are ' + ', '.join(KINDS)}")
    if not name.strip() or not name.isprintable():
        raise BotError("an entity needs a name, as it is written in a sentence")
    known = _content(folder)
    id = slug(name)
    if id in known.entities:
        raise BotError(f"there is an entity '{id}' already (knowledge/{known.entities[id].kind}/{id}.yaml)")
    source = next(iter(known.sources), None)
    if source is None:
        raise BotError("every fact names a source and none is on record; add one to knowledge/source/sources.yaml first")
    texts = [p.name for p in known.properties.values() if p.type == "text"]
    texts = [p for p in texts if p in ("what", "summary")] or texts
    if not texts:
        raise BotError("properties.yaml declares no property of type text; add `summary: {type: text, label: summary}`")
    says = "".join(f"      {p}: TODO\n" for p in texts[:2])
    head = f"name: {json.dumps(name, ensure_ascii=False)}\naliases: []\nfacts:\n  - source: {source}\n    says:\n"
    return _write(folder, f"knowledge/{kind}/{id}.yaml", "entity", head + says)


def _content(folder: Path) -> Content:
    """Return the folder's content as far as it can be read: a broken file elsewhere must not keep one from going on."""
    if not (folder / "intents").is_dir() and not (folder / "knowledge").is_dir():
        raise BotError(f"{folder} is no content folder; `genai-bot init FOLDER` makes one, --in FOLDER names it")
    return content.survey([folder])[0]


def _write(folder: Path, name: str, schema: str, text: str) -> Path:
    path = folder / name
    if path.exists():
        raise BotError(f"{path} is there already")
    path.parent.mkdir(parents=True, exist_ok=True)
    up = "../" * name.count("/")
    path.write_text(f"# yaml-language-server: $schema={up}.schema/{schema}.json\n{text}", encoding="utf-8", newline="\n")
    if not (folder / ".schema").is_dir() and (folder / "intents").is_dir():
        editors.write(folder / ".schema", folder)
    return path
