"""Pins: the lock file, directories, merging, and that no secret is ever written down."""

import subprocess
import tomllib
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nbdebt.data.addresses import safe_url
from nbdebt.data.pins.lockfile import (
    HEAD,
    LockError,
    is_conflicted,
    merged,
    parse_pins,
    read_pins,
    sides,
    table_of,
    with_pins,
    write_lock,
)
from nbdebt.data.pins.model import Column, Pin, Profile
from nbdebt.data.pins.pinning import compare, make_pin, pin_file
from nbdebt.data.versions import Resolver
from nbdebt.model.history import File, Url

# A busy machine is no failure.
unhurried = settings(deadline=None)

TEXT = st.text(st.characters(codec="utf-8"), max_size=20)
NUMBER = st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)
COLUMN = st.builds(
    Column,
    st.sampled_from(["integer", "number", "text", "boolean", "time", "duration", "other"]),
    st.integers(0, 10**9),
    st.none() | st.integers(0, 10**9),
    st.none() | st.lists(TEXT, max_size=3).map(tuple),
    st.none() | NUMBER | TEXT,
    st.none() | NUMBER | TEXT,
    st.lists(NUMBER, max_size=5).map(tuple),
)
PROFILE = st.builds(Profile, st.integers(0, 10**12), st.dictionaries(TEXT, COLUMN, max_size=4))
PIN = st.builds(
    Pin,
    st.sampled_from(["files", "urls"]),
    TEXT,
    st.text("0123456789abcdef", min_size=64, max_size=64),
    st.integers(0, 10**15),
    st.dates().map(lambda day: day.isoformat()),
    st.lists(TEXT, max_size=3, unique=True).map(lambda names: tuple(sorted(names))),
    st.none() | st.integers(1, 1000),
    TEXT,
    st.none() | PROFILE,
)
PINS = st.lists(PIN, max_size=5, unique_by=lambda pin: pin.key)


# The file


@unhurried
@given(PINS)
def test_what_is_written_is_read(pins: list[Pin]) -> None:
    text = with_pins("", pins)
    assert parse_pins(text) == {pin.key: pin for pin in pins}
    assert text.startswith(HEAD)


@unhurried
@given(PINS)
def test_pins_stand_in_order_whatever_the_order_in_which_they_come(pins: list[Pin]) -> None:
    text = with_pins("", pins)
    grown = ""
    for pin in reversed(pins):
        grown = with_pins(grown, [pin])
    assert (grown or HEAD) == text
    assert list(parse_pins(text)) == sorted(parse_pins(text))
    assert with_pins(text, pins) == text, "pinning the same again changes nothing"


@unhurried
@given(PINS, PIN)
def test_a_pin_goes_without_a_trace(pins: list[Pin], other: Pin) -> None:
    others = [pin for pin in pins if pin.key != other.key]
    text = with_pins("", others)
    assert with_pins(with_pins(text, [other]), (), [other.key]) == text


def test_one_entry_is_one_table_and_one_fact_one_line() -> None:
    profile = Profile(3, {"a b": Column("text", 1, 2, ("x", "y")), "n": Column("integer", low=1, high=9)})
    pin = Pin("files", "data/x.csv", "0" * 64, 12, "2026-11-23", ("b.ipynb", "a.ipynb"), profile=profile)
    assert (
        table_of(pin)
        == f"""[files."data/x.csv"]
sha256 = "{"0" * 64}"
size = 12
pinned = "2026-11-23"
notebooks = ["a.ipynb", "b.ipynb"]
rows = 3
columns."a b" = {{ type = "text", nulls = 1, distinct = 2, values = ["x", "y"] }}
columns."n" = {{ type = "integer", min = 1, max = 9 }}
"""
    )


def test_what_a_later_version_writes_beside_is_passed_over() -> None:
    text = HEAD + '\n[files."x"]\nsha256 = "1"\nsize = 2\nnovel = { a = 1 }\n\n[novel]\nx = 1\n'
    (pin,) = parse_pins(text).values()
    assert (pin.sha256, pin.size, pin.profile) == ("1", 2, None)
    assert tomllib.loads(with_pins(text, [Pin("files", "y", "2")]))["novel"] == {"x": 1}


def test_a_name_that_is_no_text_is_refused_and_the_file_stays(tmp_path: Path) -> None:
    lock = tmp_path / "nbdebt.lock"
    lock.write_text(HEAD)
    with pytest.raises(LockError, match="no text"):
        write_lock(lock, with_pins(HEAD, [Pin("files", "\udcff", "0")]))
    assert lock.read_text() == HEAD and list(tmp_path.iterdir()) == [lock]


# Merging


@unhurried
@given(PINS, PINS)
def test_two_lock_files_become_one(mine: list[Pin], theirs: list[Pin]) -> None:
    text, disputed = merged(with_pins("", mine), with_pins("", theirs))
    found = parse_pins(text)
    assert found.keys() == {pin.key for pin in (*mine, *theirs)}
    digests = {pin.key: pin.sha256 for pin in mine}
    wrong = {pin.key for pin in theirs if digests.get(pin.key, pin.sha256) != pin.sha256}
    assert {pin.key for pin in disputed} == wrong
    for pin in (*mine, *theirs):
        if pin.key not in wrong:
            assert found[pin.key].sha256 == pin.sha256
            assert set(pin.notebooks) <= set(found[pin.key].notebooks)
    back, _ = merged(with_pins("", theirs), with_pins("", mine))
    assert parse_pins(back).keys() == found.keys()


NAMES = st.sets(st.sampled_from([f"data/{n:02}.csv" for n in range(30)]), max_size=8)


@settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(common=NAMES, mine=NAMES, theirs=NAMES)
def test_git_merges_lock_files_or_leaves_what_update_settles(
    tmp_path: Path, common: set[str], mine: set[str], theirs: set[str]
) -> None:
    def lock_of(names: set[str]) -> str:
        return with_pins("", [Pin("files", name, "0" * 64, 1, "2026-01-01") for name in names])

    files = {"ours": lock_of(common | mine), "base": lock_of(common), "theirs": lock_of(common | theirs)}
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    command = ["git", "merge-file", "-p", "ours", "base", "theirs"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert 0 <= done.returncode < 128
    text = done.stdout
    if is_conflicted(text):
        with pytest.raises(LockError, match="both sides of a merge"):
            parse_pins(text)
        assert [parse_pins(side).keys() for side in sides(text)]
        text, disputed = merged(*sides(text))
        assert disputed == []
    assert text == lock_of(common | mine | theirs)


# Secrets


SECRET = st.text("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", min_size=12, max_size=40)
QUERY = st.sampled_from(
    [
        *("token", "access_token", "api_key", "apikey", "key", "sig", "signature", "sv", "se", "sharekey"),
        *("X-Amz-Signature", "X-Amz-Credential", "AWSAccessKeyId", "password", "pwd", "secret", "auth"),
        *("authorization", "session", "jwt", "code", "q", "x", "id", "hash", "_"),
    ]
)


@unhurried
@given(user=SECRET, password=SECRET, query=st.dictionaries(QUERY, SECRET, max_size=4), fragment=SECRET)
def test_secrets_in_addresses_are_never_written_down(
    user: str, password: str, query: dict[str, str], fragment: str
) -> None:
    asked = "&".join(f"{key}={value}" for key, value in query.items())
    url = f"https://{user}:{password}@example.org/data/x.csv?{asked}#{fragment}a"
    kept = safe_url(url)
    text = table_of(Pin("urls", kept, ""))
    for secret in (user, password, fragment, *query.values()):
        assert secret not in text
    assert kept.startswith("https://example.org/data/x.csv")
    assert safe_url(kept) == kept, "what is in the lock file is found again by itself"


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://e.org/x.csv", "https://e.org/x.csv"),
        ("https://u:p@e.org:8080/x.csv", "https://e.org:8080/x.csv"),
        ("s3://b/k.parquet?versionId=3HL4kqtJlcpXroDTDmJrmSpXd3dIbrHY", "s3://b/k.parquet?versionId=3HL4kqtJlcpXroDTDmJrmSpXd3dIbrHY"),
        ("gs://b/k.csv#1700000000000000", "gs://b/k.csv#1700000000000000"),
        ("https://e.org/export?format=csv&gid=0", "https://e.org/export?format=csv&gid=0"),
        ("https://e.org/x?format=csv&token=abc", "https://e.org/x?format=csv"),
        ("https://b.s3.amazonaws.com/k?X-Amz-Signature=ab&X-Amz-Date=1", "https://b.s3.amazonaws.com/k"),
        ("postgresql://u:p@h/db", "postgresql://h/db"),
        ("data/x.csv", "data/x.csv"),
        ("http://[", ""),
    ],
)  # fmt: skip
def test_what_of_an_address_is_written_down(url: str, kept: str) -> None:
    assert safe_url(url) == kept


def test_two_exports_of_one_service_are_two() -> None:
    one, other = (safe_url(f"https://e.org/export?topic={topic}") for topic in ("rain", "sun"))
    assert one != other and "rain" not in one


# Files and directories


def ask(directory: Path, path: str) -> Any:
    return Resolver().versioned(File(path), directory)


def test_a_directory_is_pinned_as_one(tmp_path: Path) -> None:
    for name in ("parts/1.csv", "parts/sub/2.csv", "parts/.hidden"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    lock = pin_file(tmp_path / "parts", tmp_path / "nbdebt.lock")
    (pin,) = read_pins(lock).values()
    assert (pin.name, pin.files) == ("parts", 2)
    for path in ("parts", "parts/1.csv", "parts/sub/2.csv"):
        assert ask(tmp_path, path).state == "versioned", path
    (tmp_path / "parts/3.csv").write_text("3")
    answer = ask(tmp_path, "parts")
    assert (answer.state, answer.changes) == ("unversioned", ("3 files (2 before)",))
    (tmp_path / "parts/3.csv").unlink()
    (tmp_path / "parts/1.csv").write_text("PARTS/1.CSV")
    assert ask(tmp_path, "parts").changes == ("other content of the same length",)


CHANGES = [
    ("same", "content", "content", ""),
    ("changed", "content", "content and more", "9 bytes longer"),
    ("changed", "content", "content", "other content of the same length"),
    ("gone", "content", None, "is not there"),
]


@pytest.mark.parametrize(("state", "before", "after", "reason"), CHANGES)
def test_comparing(tmp_path: Path, state: str, before: str, after: str | None, reason: str) -> None:
    path = tmp_path / "x.csv"
    path.write_text(before)
    pin = make_pin(path, tmp_path / "nbdebt.lock")
    if after is None:
        path.unlink()
    elif reason.startswith("other"):
        path.write_text(after.upper())
    else:
        path.write_text(after)
    found = compare(path, pin)
    assert (found.state, found.reason) == (state, reason)


def test_a_file_that_became_a_directory(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_text("x")
    pin = make_pin(path, tmp_path / "nbdebt.lock")
    path.unlink()
    path.mkdir()
    (path / "y").write_text("x")
    assert compare(path, pin).reason == "a directory now, a file before"
    other = make_pin(path, tmp_path / "nbdebt.lock")
    assert compare(path / "y", msgspec.structs.replace(other, name="x/y")).reason == (
        "a file now, a directory before"
    )


def test_a_pinned_address_counts_as_pinned(tmp_path: Path) -> None:
    lock = tmp_path / "nbdebt.lock"
    write_lock(lock, with_pins("", [Pin("urls", "https://e.org/x.csv", "0" * 64, 1, "2026-01-01")]))
    resolver = Resolver()
    for url in ("https://e.org/x.csv", "https://u:p@e.org/x.csv?token=abc"):
        assert resolver.versioned(Url(url), tmp_path).by == "nbdebt.lock"
    assert resolver.versioned(Url("https://e.org/y.csv"), tmp_path).state == "unversioned"
