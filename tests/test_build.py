"""What building promises: the same bytes for the same content, and a cache that can be lost at any time."""

import shutil

import pytest
from conftest import TINY

from bot import Bot, ContentError, compiled

BUILD = """
import hashlib, sys
from pathlib import Path
from bot.compiled import build, dump
print(hashlib.sha256(dump(build([Path(sys.argv[1])]))).hexdigest())
"""


def test_two_builds_are_the_same_bytes_whatever_the_hash_seed_and_the_place(process, tmp_path):
    elsewhere = shutil.copytree(TINY, tmp_path / "a place" / "änderswo")
    first = process("-c", BUILD, str(TINY), PYTHONHASHSEED="1")
    second = process("-c", BUILD, str(elsewhere), PYTHONHASHSEED="2")
    assert first.returncode == 0, first.stderr.decode()
    assert first.stdout == second.stdout


def test_an_artefact_read_again_is_written_the_same(tiny):
    data = compiled.dump(tiny.compiled)
    read = compiled.parse(data)
    assert read is not None
    assert compiled.dump(read) == data


@pytest.fixture
def no_building(monkeypatch):
    """Call it, and from then on a build is a failure."""

    def forbid() -> None:
        def refuse(*_: object) -> None:
            raise AssertionError("built again")

        monkeypatch.setattr(compiled, "build", refuse)

    return forbid


def test_the_second_start_builds_nothing(content, tmp_path, no_building):
    first = Bot(content, cache=tmp_path / "cache")
    no_building()
    assert Bot(content, cache=tmp_path / "cache").ask("who makes assam") == first.ask("who makes assam")


def test_changed_content_is_another_build(content, tmp_path):
    before = Bot(content, cache=tmp_path / "cache")
    company = content / "knowledge" / "company" / "leafworks.yaml"
    company.write_text(company.read_text().replace("name: Leafworks", "name: Leafworks Ltd"))
    after = Bot(content, cache=tmp_path / "cache")
    assert after.compiled.build != before.compiled.build
    assert "Leafworks Ltd" in after.ask("who makes assam").text


def flipped(data: bytes) -> bytes:
    middle = len(data) // 2
    return data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :]


DAMAGE = {
    "empty": lambda data: b"",
    "cut short": lambda data: data[: len(data) // 2],
    "one bit": flipped,
    "longer": lambda data: data + b"\0",
    "another file": lambda data: b"PK\x03\x04" + data,
    "head only": lambda data: data[:25],
    "a pickle": lambda data: b"\x80\x04\x95cos\nsystem\n",
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE.keys())
def test_a_damaged_cache_is_built_afresh(tiny, content, tmp_path, damage, monkeypatch):
    monkeypatch.setattr(compiled, "build", lambda folders, *_: tiny.compiled)
    cache = tmp_path / "cache"
    cache.mkdir()
    sound = compiled.dump(tiny.compiled)
    path = cache / f"{compiled.key([content])}.bot"
    path.write_bytes(damage(sound))
    assert Bot(content, cache=cache).ask("who makes assam") == tiny.ask("who makes assam")
    assert path.read_bytes() == sound


def test_an_unwritable_cache_means_a_bot_in_memory(content, tmp_path):
    (tmp_path / "file").write_text("no folder can be made below a file")
    bot = Bot(content, cache=tmp_path / "file" / "cache")
    assert bot.ask("who makes assam").answered


def test_a_cache_that_is_full_means_a_bot_in_memory_and_no_litter(content, tmp_path, monkeypatch):
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(compiled.os, "replace", full)
    assert Bot(content, cache=tmp_path / "cache").ask("who makes assam").answered
    assert list((tmp_path / "cache").iterdir()) == []


def test_a_mistake_in_the_content_leaves_the_last_good_bot_alone(content, tmp_path, no_building):
    cache = tmp_path / "cache"
    good = Bot(content, cache=cache)
    kept = {p: p.read_bytes() for p in cache.iterdir()}
    path = content / "intents" / "maker.yaml"
    text = path.read_text()
    path.write_text(text.replace("{subject}", "{subjct}"))
    with pytest.raises(ContentError):
        Bot(content, cache=cache)
    assert {p: p.read_bytes() for p in cache.iterdir()} == kept
    path.write_text(text)
    no_building()
    assert Bot(content, cache=cache).ask("who makes assam") == good.ask("who makes assam")


def test_a_bot_at_work_answers_on_while_its_content_is_broken(content, tmp_path):
    bot = Bot(content, cache=tmp_path / "cache")
    shutil.rmtree(content)
    assert bot.ask("who makes assam").answered


def test_the_cache_keeps_only_the_newest(content, tmp_path, tiny, monkeypatch):
    monkeypatch.setattr(compiled, "build", lambda folders, *_: tiny.compiled)
    company = content / "knowledge" / "company" / "leafworks.yaml"
    for i in range(7):
        company.write_text(company.read_text() + f"# {i}\n")
        Bot(content, cache=tmp_path / "cache")
    assert len(list((tmp_path / "cache").glob("*.bot"))) <= 4


def test_progress_is_told_from_0_to_1(content, tmp_path):
    told: list[float] = []
    Bot(content, cache=tmp_path / "cache", progress=lambda what, share: told.append(share))
    assert told == sorted(told)
    assert (told[0], told[-1]) == (0.0, 1.0)
    told.clear()
    Bot(content, cache=tmp_path / "cache", progress=lambda what, share: told.append(share))
    assert told == []
