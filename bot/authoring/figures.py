"""Put an evaluation's figures into text, JSON, or one HTML page that needs nothing else: no script, no outside file."""

from __future__ import annotations

import html
from collections import Counter
from collections.abc import Sequence

import msgspec

from bot.authoring.evaluate import Outcome, Result

MOST_INTENTS = 40  # rows of a confusion matrix that can still be read
_FIGURES = (
    ("accuracy", "own questions answered as the right intent"),
    ("forced", "the same if it always answered its likeliest intent"),
    ("macro_f1", "macro F1 over intents"),
    ("wrong", "answers that were wrong"),
    ("asked", "own questions asked back about"),
    ("silent", "own questions abstained on"),
    ("refused", "foreign questions not answered"),
    ("auroc", "AUROC, own against foreign"),
    ("fpr95", "FPR at 95 % TPR"),
    ("ece", "expected calibration error"),
)


def text(result: Result, most: int = 10) -> str:
    """Return the figures as text: totals, worst confusions with examples, the intents of lowest F1 first."""
    lines = [f"{result.questions} questions, {result.foreign} of them foreign (none of the content's)"]
    lines += [f"  {_shown(result, key):>8}  {what}" for key, what in _FIGURES]
    if result.claim:
        lines += ["", result.claim]
    lines += ["", "worst confusions:"]
    for c in result.confusions[:most]:
        lines.append(f"  {c.count:3}  {c.intent} taken for {c.taken_for}")
        lines += [f"         {example}" for example in c.examples]
    lines += ["", "intents (lowest F1 first):", f"  {'F1':>6} {'prec.':>6} {'recall':>6} {'n':>5}  intent"]
    for i in sorted(result.intents, key=lambda i: (i.f1, i.intent)):
        lines.append(f"  {100 * i.f1:6.1f} {100 * i.precision:6.1f} {100 * i.recall:6.1f} {i.questions:5}  {i.intent}")
    return "\n".join(lines)


def json(result: Result) -> str:
    """Return all figures and outcomes as one JSON object."""
    return msgspec.json.encode(result).decode()


def _shown(result: Result, key: str) -> str:
    value = getattr(result, key)
    return "-" if value is None else f"{100 * value:.2f} %"


def page(result: Result, title: str) -> str:
    """Return one self-contained HTML page."""
    figures = "".join(f"<tr><td>{html.escape(what)}<td>{_shown(result, key)}" for key, what in _FIGURES)
    confusions = "".join(
        f"<tr><td>{c.count}<td>{html.escape(c.intent)}<td>{html.escape(c.taken_for)}<td>{html.escape(' | '.join(c.examples))}"
        for c in result.confusions
    )
    intents = "".join(
        f"<tr><td>{html.escape(i.intent)}<td>{i.questions}<td>{100 * i.precision:.1f}<td>{100 * i.recall:.1f}<td>{100 * i.f1:.1f}"
        for i in sorted(result.intents, key=lambda i: (i.f1, i.intent))
    )
    claim = f"<p>{html.escape(result.claim)}</p>" if result.claim else ""
    return f"""<!doctype html>
<html lang="en"><meta charset="utf-8"><title>{html.escape(title)}</title>
<style>{_STYLE}</style>
<h1>{html.escape(title)}</h1>
<p>{result.questions} questions, {result.foreign} of them foreign (none of the content's).
What is measured is what the bot did.</p>
{claim}
<table>{figures}</table>
<h2>Reliability</h2>
<p>How often an intent was right against how sure the bot was; the area of a dot is the number of questions.</p>
{_reliability(result)}
<h2>Risk and coverage</h2><p>Share of answers that are wrong when only the surest questions are answered.</p>
{_curve(result.curve)}
<h2>Confusion matrix</h2>{_matrix(result.outcomes)}
<h2>Worst confusions</h2><table><tr><th>n<th>intent<th>taken for<th>questions{confusions}</table>
<h2>Intents</h2><table><tr><th>intent<th>n<th>precision<th>recall<th>F1{intents}</table>
</html>
"""


_STYLE = (
    "body{font:15px system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem;color:#222}"
    "table{border-collapse:collapse}td,th{padding:.2rem .6rem;border-bottom:1px solid #ddd;text-align:left}"
    "svg{background:#fafafa;max-width:100%}text{font:11px system-ui,sans-serif;fill:#555}"
)
_SIDE, _EDGE = 360, 40


def _at(x: float, y: float) -> tuple[float, float]:
    """Return where a point of the unit square is drawn."""
    return round(_EDGE + x * _SIDE, 1), round(_EDGE / 2 + (1 - y) * _SIDE, 1)


def _plot(inside: str, across: str, up: str, top: float = 1.0) -> str:
    size = _SIDE + _EDGE * 2
    x0, y0 = _at(0, 0)
    x1, y1 = _at(1, 1)
    ticks = ""
    for i in range(5):
        share = i / 4
        tx, ty = _at(share, 0)[0], _at(0, share)[1]
        ticks += f'<text x="{tx}" y="{y0 + 14}" text-anchor="middle">{share:g}</text>'
        ticks += f'<text x="{x0 - 5}" y="{ty + 4}" text-anchor="end">{share * top:.2g}</text>'
    return (
        f'<svg viewBox="0 0 {size} {size}" width="{size}" height="{size}" role="img" aria-label="{up} against {across}">'
        f'<rect x="{x0}" y="{y1}" width="{x1 - x0}" height="{y0 - y1}" fill="#fff" stroke="#ccc"/>{ticks}{inside}'
        f'<text x="{(x0 + x1) / 2}" y="{y0 + 32}" text-anchor="middle">{across}</text>'
        f'<text x="12" y="{(y0 + y1) / 2}" transform="rotate(-90 12 {(y0 + y1) / 2})" text-anchor="middle">{up}</text></svg>'
    )


def _reliability(result: Result) -> str:
    (x0, y0), (x1, y1) = _at(0, 0), _at(1, 1)
    marks = f'<line x1="{x0}" y1="{y0}" x2="{x1}" y2="{y1}" stroke="#bbb" stroke-dasharray="4"/>'
    for _, n, mean, share in result.reliability:
        x, y = _at(mean, share)
        radius = round(2 + 18 * (n / max(1, result.questions)) ** 0.5, 1)
        marks += f'<circle cx="{x}" cy="{y}" r="{radius}" fill="#36c" fill-opacity=".6"><title>{n} questions</title></circle>'
    return _plot(marks, "confidence", "share right")


def _curve(curve: Sequence[tuple[float, float]]) -> str:
    top = max((wrong for _, wrong in curve), default=0.0) * 1.1 or 1.0
    points = " ".join("{},{}".format(*_at(share, wrong / top)) for share, wrong in curve)
    return _plot(
        f'<polyline points="{points}" fill="none" stroke="#c33" stroke-width="2"/>', "share answered", "share wrong", top
    )


def _matrix(outcomes: Sequence[Outcome]) -> str:
    """Return the matrix of the intents that are mixed up most; what was not answered is a column of its own."""
    taken = Counter((o.intent or "(foreign)", o.best if o.status == "answered" else "(not answered)") for o in outcomes)
    mixed: Counter[str] = Counter()
    for (true, got), n in taken.items():
        if true != got:
            mixed[true] += n
            mixed[got] += n
    names = sorted(n for n, _ in mixed.most_common(MOST_INTENTS))
    head = "".join(f'<th style="writing-mode:vertical-rl">{html.escape(n)}' for n in names)
    rows = ""
    for true in names:
        total = sum(n for (t, _), n in taken.items() if t == true)
        if not total:
            continue
        cells = "".join(_cell(taken[true, got], total, true == got) for got in names)
        rows += f"<tr><th>{html.escape(true)}{cells}"
    note = f"<p>The {len(names)} that are mixed up most; rows are what was asked, columns what was answered.</p>"
    return f'{note}<div style="overflow-x:auto"><table>{"<tr><th>"}{head}{rows}</table></div>'


def _cell(n: int, total: int, right: bool) -> str:
    if not n:
        return "<td>"
    colour = "40,130,70" if right else "200,50,50"
    return f'<td style="background:rgba({colour},{0.15 + 0.7 * n / total:.2f})">{n}'
