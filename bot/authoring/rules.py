"""Every rule of `genai-bot check`, with what it is for and an example: the manual that `--rules` prints."""

from __future__ import annotations

import msgspec


class Rule(msgspec.Struct, frozen=True):
    """A rule: its name in brackets after a message, its severity, why it is there, a line that breaks it, one that does not."""

    name: str
    severity: str
    why: str
    bad: str
    good: str


_READING = (
    Rule(
        "missing-folder",
        "error",
        "The folder is not there, or is no content folder.",
        "genai-bot check shp",
        "genai-bot check shop",
    ),
    Rule(
        "unknown-folder",
        "error",
        "The folder inside knowledge/ says what a file holds; this one means nothing.",
        "knowledge/prodcut/kettle.yaml",
        "knowledge/product/kettle.yaml",
    ),
    Rule("encoding", "error", "Files are UTF-8 text.", "a file saved as Latin-1", "the same file saved as UTF-8"),
    Rule(
        "yaml",
        "error",
        "The file is no YAML: mostly a colon, brace or tab in plain text.",
        "what: tea: black",
        'what: "tea: black"',
    ),
    Rule("empty-file", "error", "An empty file says nothing; it is mostly a slip.", "(nothing)", "name: Kettle"),
    Rule("duplicate-key", "error", "Of a key given twice one would be lost.", "name: A\nname: B", "name: A"),
    Rule("unknown-key", "error", "A key nobody reads is mostly a misspelt one.", "exmaples: |", "examples: |"),
    Rule(
        "missing-key", "error", "The record cannot be used without it.", "say: Yes.  # and no source", "say: Yes.\nsource: shop"
    ),
    Rule("wrong-type", "error", "A list stands where a text must, or the other way round.", "name: [a, b]", "name: a"),
    Rule("empty-value", "error", "A key with nothing in it.", "question: ''", "question: Who makes {subject}?"),
    Rule("unknown-choice", "error", "Only the listed words can stand here.", "verdict: yep", "verdict: yes"),
    Rule("bad-date", "error", "Dates are year, month, day, so that they sort.", "read: 31.1.2026", "read: 2026-01-31"),
    Rule("bad-url", "error", "A source is a page one can open.", "url: www.example.org", "url: https://example.org"),
    Rule("format", "error", "The content was written for another version of the format.", "format: 7", "format: 1"),
    Rule("duplicate-id", "error", "Two records of one id: one of them would be lost.", "kettle: …  # in two files", "kettle: …"),
    Rule("unknown-kind", "error", "A slot's kind is no kind of thing.", "kind: prodct", "kind: product"),
    Rule("unknown-property", "error", "A fact must be declared in properties.yaml.", "colr: red", "color: red  # and declared"),
    Rule(
        "unknown-source", "error", "A fact cites a source that is not on record.", "source: returns-pag", "source: returns-page"
    ),
    Rule("unknown-entity", "error", "An id is named that nothing has.", "maker: [leafwork]", "maker: [leafworks]"),
    Rule("wrong-kind", "error", "The thing named is of another kind.", "maker: [black-tea]", "maker: [leafworks]"),
    Rule("contradiction", "error", "One fact is stated twice.", "price: 3\n…\nprice: 4", "price: 4"),
    Rule("is-a-cycle", "error", "A thing cannot be a kind of itself.", "is_a: [tea]  # in tea.yaml", "is_a: [drink]"),
    Rule("duplicate-synonym", "error", "A word can belong to one group of synonyms.", "buy get\nget fetch", "buy get fetch"),
    Rule("pattern", "error", "A bracket or a slot in an example is not closed.", "(who|which makes", "(who|which) makes"),
    Rule(
        "unknown-slot", "error", "An example names a slot the intent does not have.", "who makes {subjct}", "who makes {subject}"
    ),
    Rule("template", "error", "The template cannot be read.", "{{ item.name }", "{{ item.name }}"),
    Rule(
        "pattern-explodes",
        "warning",
        "A line stands for so many sentences that few of them are learned.",
        "(a|b|c|d|e) … eight times over",
        "several lines of one or two choices",
    ),
)
_KNOWLEDGE = (
    Rule(
        "alias-collision",
        "warning",
        "One name, two things: one of them is never found.",
        "aliases: [gpt]  # in two files",
        "in one",
    ),
    Rule(
        "everyday-alias",
        "warning",
        "An everyday word is taken for the name in every sentence it stands in.",
        "name: Falcon\naliases: [falcon]",
        "name: Falcon\naliases: [falcon]\nambiguous: [falcon]",
    ),
    Rule(
        "missing-property",
        "warning",
        "Answers expect it of everything of the kind.",
        "says: {what: a kettle}",
        "… and summary: …",
    ),
    Rule("unused-source", "warning", "A source that nothing cites.", "old-page: {…}", "cite it or leave it out"),
    Rule(
        "stale-fact",
        "warning",
        "A fact outlived the `shelf_life` (days) that properties.yaml gives it.",
        "as_of: 2020-01-01\nsays: {cost: 3 euros}",
        "read the source again, then as_of: its day",
    ),
    Rule(
        "disjoint-kinds",
        "warning",
        "A thing is two kinds that are said to have nothing in common.",
        "is_a: [fish, mammal]",
        "is_a: [mammal]",
    ),
    Rule("unfinished", "warning", "A TODO would be said to a user.", "say: TODO", "say: Within 30 days."),
)
_INTENTS = (
    Rule(
        "unfilled-slot",
        "warning",
        "Nothing can fill the slot.",
        "slots: {size: …}  # in no example",
        "what does {item} in {size} cost",
    ),
    Rule(
        "unknown-name",
        "error",
        "A template reads what there is not, so it never applies.",
        "{{ item.prise }}",
        "{{ item.price }}",
    ),
    Rule(
        "unreachable-answer",
        "warning",
        "Answers are tried in order; one before this applies whenever it does.",
        "- say: A\n- when: item.price\n  say: B",
        "- when: item.price\n  say: B\n- say: A",
    ),
    Rule(
        "lacking-fact",
        "note",
        "For some entities every answer reads a fact they lack: the bot will abstain.",
        'answers:\n- say: "{{ item.price }}"',
        "… and\n- status: abstain\n  say: I have no price for {{ item.name }}.",
    ),
    Rule(
        "typed-in-fact",
        "warning",
        "A number, date or name in a template has no source and goes stale unseen.",
        "say: You have 30 days.",
        "say: You have {{ item.return_days }} days.",
    ),
    Rule(
        "unsourced-answer", "note", "An answer that reads no fact cites nothing.", "say: It is good.", 'say: "{{ item.summary }}"'
    ),
)
_EXAMPLES = (
    Rule(
        "duplicate-example",
        "warning",
        "The same sentence means two things: it is decided by chance.",
        "what does {item} cost  # in price.yaml and in define.yaml",
        "in one of the two",
    ),
    Rule(
        "near-duplicate",
        "warning",
        "The same words in another order, or with an article more: too near to be told apart.",
        "what {item} costs / what costs the {item}",
        "add the word that tells them apart",
    ),
    Rule(
        "few-examples",
        "warning",
        "From one or two lines no other wording is recognised.",
        "examples: |\n  cost",
        "three lines or more",
    ),
    Rule(
        "uniform-examples",
        "warning",
        "Lines that are one sentence over and over teach one sentence.",
        "cost of {item}\nthe cost of {item}\ncosts of {item}",
        "what does {item} cost\nhow much is {item}\n{item} price",
    ),
    Rule(
        "closer-elsewhere",
        "note",
        "By the ranker's features the line is nearer to another intent's than to its own: it pulls questions over.",
        "how much is it to ship {item}  # under price",
        "move it, or add lines like it",
    ),
)
RULES = {rule.name: rule for rule in (*_READING, *_KNOWLEDGE, *_INTENTS, *_EXAMPLES)}


def manual() -> str:
    """Return all rules as text: name, severity, reason, an example that breaks each and one that keeps it."""
    return "\n\n".join(_entry(rule) for rule in RULES.values())


def _entry(rule: Rule) -> str:
    def block(mark: str, text: str) -> str:
        first, *more = text.split("\n")
        return "\n".join([f"    {mark:7}{first}", *(f"           {line}" for line in more)])

    return "\n".join([f"{rule.name} ({rule.severity})", f"    {rule.why}", block("not", rule.bad), block("but", rule.good)])
