"""The ranker, what it claims, importing and measuring, on content small enough to learn in a second or two."""

import csv
import json
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot import Bot, fit_labels, labels, learn, risk
from bot import compiled as compiled_
from bot import content as content_
from bot.ranker import ROWS
from bot.risk import Judged
from bot.text import tokenize

WANTS = {
    "opening_hours": ("when do you open", "what are your opening hours", "are you open on sunday", "how late are you open"),
    "book_table": ("book a table for two", "i want to reserve a table", "can i have a table tonight", "reserve for four people"),
    "see_menu": ("show me the menu", "what dishes do you serve", "what is on the menu today", "do you have soup"),
    "pay_bill": ("can i pay by card", "bring me the bill please", "i want to pay now", "do you take cash"),
}
TAILS = ("", " please", " now", " tomorrow", " for my mother", " at the weekend", " if you can", " this week")


def lines() -> list[tuple[str, str]]:
    return [(line + tail, intent) for intent, wanted in WANTS.items() for line in wanted for tail in TAILS]


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Labelled questions of a restaurant as CSV."""
    path = tmp_path_factory.mktemp("data") / "restaurant.csv"
    with path.open("w", newline="", encoding="utf-8") as out:
        csv.writer(out).writerows([("text", "category"), *lines()])
    return path


@pytest.fixture(scope="module")
def folder(table: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The content folder that importing them makes."""
    from bot.channels.cli import main

    path = tmp_path_factory.mktemp("restaurant") / "content"
    assert main(["import", str(table), "-o", str(path)]) == 0
    return path


@pytest.fixture(scope="module")
def waiter(folder: Path, cache: Path) -> Bot:
    """A bot of that folder alone."""
    return Bot(folder, cache=cache)


# ------------------------------------------------------------------------------------------------ importing


def test_an_imported_folder_answers(waiter):
    reply = waiter.ask("could i reserve a table for three?")
    assert (reply.answered, reply.intent, reply.text) == (True, "book_table", "book table")


def test_an_imported_folder_declines_what_is_not_its_subject(waiter):
    assert not waiter.ask("who won the battle of hastings").answered


def test_an_imported_folder_still_greets(waiter):
    assert waiter.ask("hello there").intent == "greeting"


def test_check_finds_nothing_wrong_with_an_imported_folder(folder):
    assert content_.problems_of([folder]) == []


@pytest.mark.parametrize(
    ("name", "data", "complaint"),
    [
        ("a.csv", b"text,intent\nhello,greet\nno label here\n", "a.csv:3:1: needs a text and an intent [bad-row]"),
        ("a.csv", b"text,intent\nhel\xfflo,greet\n", "a.csv:2:1: not UTF-8 text (byte 15)"),
        ("a.csv", b"", "a.csv:0:0: holds no labelled question [empty-file]"),
        ("a.json", b'{"train": [["hello", "greet"],]}', "a.json:1:31: not JSON"),
        ("a.json", b'{"train": [["hello"]]}', "'train', item 1: must be"),
        ("a.json", b"[" * 100_000, "a.json:1:1: not JSON"),
        ("a.yml", b"version: '3.1'\nstories: []\n", "a.yml:1:1: needs 'nlu'"),
        ("a.yml", b"nlu:\n- intent: greet\n  examples: |\n    - hi\n    hey\n", "a.yml:5:5: an example starts with '- '"),
        ("a.yml", b"nlu:\n- intent: greet\n", "a.yml:2:3: needs 'intent' and 'examples'"),
    ],
)
def test_an_unreadable_file_is_refused_with_line_and_reason(tmp_path, command, name, data, complaint):
    (tmp_path / name).write_bytes(data)
    ran = command("import", str(tmp_path / name), "-o", str(tmp_path / "out"))
    assert (ran.code, complaint in ran.err) == (4, True), ran.err
    assert not (tmp_path / "out").exists()


def test_rasa_files_lose_their_entity_marks(tmp_path, command):
    nlu = '{x} (a|b)\n    - is [Suno](product) down [today]{"entity": "date"}'
    (tmp_path / "nlu.yml").write_text(
        f"nlu:\n- intent: Ask/Status?\n  examples: |\n    - {nlu}\n- synonym: x\n", encoding="utf-8"
    )
    assert command("import", str(tmp_path / "nlu.yml"), "-o", str(tmp_path / "out")).code == 0
    (intent,) = (i for i in content_.load([tmp_path / "out"]).intents.values() if i.name == "ask_status")
    assert [line.text for line in intent.examples] == ["x a b", "is Suno down today"]


def test_a_missing_part_is_named_with_those_there_are(tmp_path, command):
    (tmp_path / "a.json").write_text(json.dumps({"train": [["hello", "greet"]]}), encoding="utf-8")
    ran = command("import", str(tmp_path / "a.json"), "-o", str(tmp_path / "out"), "--split", "trian")
    assert "has no part 'trian'; it has train" in ran.err


def test_a_folder_with_intents_is_not_written_over(table, folder, command):
    assert "is not empty; import into a new folder" in command("import", str(table), "-o", str(folder)).err


@settings(deadline=None, max_examples=25)  # each reads the base content: a tenth of a second
@given(st.lists(st.tuples(st.text(), st.text()), max_size=8))
def test_any_imported_text_gives_content_without_problems(tmp_path_factory, rows):
    from bot.authoring import importer

    out = tmp_path_factory.mktemp("any") / "content"
    rows = list({importer.name_of(label): (text, label) for text, label in rows}.values())  # labels of one name are refused
    importer.write([importer.Asked(text, label) for text, label in rows], out)
    assert content_.problems_of([out]) == []


# ------------------------------------------------------------------------------------------------ scoring


def learned_from(folder: Path) -> tuple[fit_labels.Learned, list[learn.Example], content_.Content]:
    content = content_.load([folder])
    look = compiled_.lookup(content)
    own = fit_labels.examples(list(content.intents.values()), look)
    return fit_labels.fit(own, fit_labels.RECIPE), own, content


def test_scores_without_scikit_learn_are_scikit_learns_own(folder):
    """Before the weights are rounded to 8 bits: features, hashing and norms as in training, the arithmetic our own."""
    from sklearn.svm import LinearSVC

    learned, own, _ = learned_from(folder)
    plain = msgspec.structs.replace(fit_labels.RECIPE, bayes=0.0)  # which scikit-learn's learner does not have
    blocks = learn.counts(own, plain.letters)
    x = learn.matrix(blocks, [e.meaning for e in own], learned.weights, plain.sense)
    y = np.array([learned.names.index(e.intent) for e in own])
    theirs = LinearSVC(C=plain.cost, random_state=0, tol=plain.tolerance, max_iter=120).fit(x, y)
    ranker = fit_labels.quantised(learned, 1.0)
    expected = theirs.decision_function(x)
    for number in range(0, len(own), 7):
        e = own[number]
        inputs = ranker.inputs(e.features, e.sentence)
        scores = theirs.intercept_ + sum(w * theirs.coef_[:, row] for row, w in inputs)
        scores = (
            scores + theirs.coef_[:, ROWS:] @ (plain.sense / 127 * np.frombuffer(e.meaning, np.int8)) if e.meaning else scores
        )
        assert np.abs(scores - expected[number]).max() < 1e-6


def test_rounding_the_weights_changes_no_answer(folder):
    learned, own, _ = learned_from(folder)
    ranker = fit_labels.quantised(learned, 1.0)
    exact = learned.scores(own).argmax(axis=1)
    rounded = [int(np.argmax(ranker.scores(e.features, e.meaning, e.sentence))) for e in own]
    assert np.mean(exact == rounded) >= 0.998


def test_scores_are_the_same_with_numpy_and_without(waiter, process, folder, cache):
    code = (
        "import sys; from pathlib import Path; from bot import Bot\n"
        "b = Bot(sys.argv[1], cache=sys.argv[2], one_shot=sys.argv[3] == 'plain')\n"
        "t = b.explain('is the kitchen open late'); print('numpy' in sys.modules, t.reply.confidence, t.steps[0].ranking)"
    )
    # Asked for once before, so that no process has imported numpy to compile.
    ran = [process("-c", code, str(folder), str(cache), how).stdout for how in ("plain", "fast")]
    plain, fast = (out.split(b" ", 1) for out in ran)
    assert (plain[0], fast[0], plain[1]) == (b"False", b"True", fast[1])


def test_the_same_content_compiles_to_the_same_bytes(folder):
    assert compiled_.dump(compiled_.build([folder])) == compiled_.dump(compiled_.build([folder]))


# ------------------------------------------------------------------------------------------------ claims


def test_two_per_cent_at_ninety_five_needs_149_questions_without_error():
    assert risk.upper_bound(0, 149, 0.95) <= 0.02 < risk.upper_bound(0, 148, 0.95)
    assert risk.upper_bound(1, 236, 0.95) <= 0.02 < risk.upper_bound(1, 234, 0.95)


@given(st.integers(1, 300), st.integers(0, 300), st.sampled_from([0.9, 0.95, 0.99]))
def test_the_bound_is_never_below_what_was_seen(of, wrong, level):
    assert min(wrong, of) / of <= risk.upper_bound(min(wrong, of), of, level) <= 1.0


def test_few_questions_claim_nothing(waiter):
    few = [Judged(0.99, True)] * 30
    assert risk.threshold(few, 0.05, 0.95) is None
    assert risk.claim(few, 0.5, 0.05, 0.95, "x").words().startswith("Claims no bound on wrong answers")


def test_a_threshold_keeps_wrong_answers_under_the_risk():
    judged = [Judged(i / 1000, i % 10 != 0 or i > 600) for i in range(1000)]
    at = risk.threshold(judged, 0.05, 0.95)
    answered = [j for j in judged if j.sure >= at]
    assert risk.upper_bound(sum(not j.right for j in answered), len(answered), 0.95) <= 0.05


def test_a_conformal_list_holds_the_true_intent_as_often_as_it_says():
    chance = np.random.default_rng(0)
    scores, new = chance.random(2000), chance.random(2000)
    assert 0.88 < np.mean(new >= risk.conformal(list(scores), 0.9)) < 0.92


def test_check_says_what_is_claimed(folder, waiter, command):
    assert "held-out questions" in command("check", str(folder)).out


# ------------------------------------------------------------------------------------------------ measuring


def test_eval_measures_what_the_bot_does(folder, table, command):
    found = json.loads(command("eval", str(folder), "--held-out", str(table), "--json").out)
    answered = [o for o in found["outcomes"] if o["status"] == "answered" and o["best"] == o["intent"]]
    assert found["accuracy"] == pytest.approx(len(answered) / found["questions"])
    assert found["accuracy"] + found["silent"] + found["asked"] <= 1.0


def test_eval_writes_one_page_that_needs_nothing_else(folder, table, command, tmp_path):
    page = tmp_path / "page.html"
    assert command("eval", str(folder), "--held-out", str(table), "--html", str(page)).code == 0
    text = page.read_text(encoding="utf-8")
    assert text.count("<svg") == 2
    assert "Confusion matrix" in text
    assert [w for w in ("http", "src=", "<script", "@import") if w in text] == []


def test_folds_never_ask_a_bot_what_it_has_read(folder, command):
    out = command("eval", str(folder), "--folds", "2").out
    assert out.startswith(f"{len(set(lines()))} questions, 0 of them foreign")


def test_area_and_false_positives_follow_the_ranks():
    assert risk.roc_area([3, 4, 5], [1, 2, 3]) == pytest.approx(8.5 / 9)
    assert risk.false_positives([3, 4, 5], [1, 2, 3]) == pytest.approx(1 / 3)


def test_words_outside_the_content_lower_its_coverage(waiter):
    look = waiter.compiled.look
    known, foreign = ([t.word for t in tokenize(s)] for s in ("reserve a table", "reserve a zeppelin"))
    assert labels.coverage(foreign, look) < labels.coverage(known, look) == 1.0
