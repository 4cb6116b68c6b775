"""Kinds of notebooks: each is run live, and exported from the session and from its saved file.

Scripts and notebooks run in processes of their own; what they give is compared in full, by the tests' means.
"""

import re
from collections.abc import Collection, Iterator
from pathlib import Path

import pytest

for needed in ("numpy", "pandas", "sklearn", "IPython"):
    pytest.importorskip(needed)

from nbdebt.export.files import bytes_differ  # noqa: E402
from tests.export.kinds import KINDS  # noqa: E402
from tests.export.logs import is_clean  # noqa: E402
from tests.export.notebooks import Play, play  # noqa: E402
from tests.export.stage import Asked, Left, Stage  # noqa: E402

# What only lives in its process, or is another object of the script's own.
_NOT_OURS = ("Writing ", "Overwriting ", "env: ", "<Figure", "<IPython.core.display", "/")


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    with Stage() as found:
        yield found


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("clean")


def lines(found: Left, played: Play, left_out: Collection[int] = ()) -> list[str]:
    """The lines of all runs but those that only look, and those that are left out."""
    return [
        re.sub(r"0x[0-9a-f]{6,}", "0x", line.rstrip())
        for count, (name, said) in enumerate(found.said, 1)
        if count not in left_out and not name.startswith("look")
        for line in said
        if line.strip() and not line.startswith(_NOT_OURS)
    ]


def repeated(played: Play) -> list[tuple[list[int], int]]:
    """Counts of runs that only repeat an earlier one, with that one's."""
    parts = [part.split(" of ") for part in played.said.get("again", "").split(",") if part]
    return [([*map(int, counts.split())], int(first)) for counts, first in parts]


def files(place: Path) -> dict[str, bytes]:
    found = (path for path in place.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return {p.relative_to(place).as_posix(): p.read_bytes() for p in found if p.parent.name != "figures"}


def compare(key: str, played: Play, session: Left, stage: Stage, tmp_path: Path, text: str) -> None:
    place = tmp_path / key.replace(" ", "_")
    asked = Asked(str(place), played.files)
    if key.endswith("script"):
        asked.script = text
    else:
        asked.notebook = text
    given = stage.left(asked)
    assert not given.failed, f"{key}: {given.failed}\n{text}"
    wanted = {name: session.held[name] for name in session.targets[key] if name in session.held}
    assert {name: given.held.get(name) for name in wanted} == wanted, f"{key}\n{text}"
    again = repeated(played) if key.startswith("live") else []
    for counts, first in again:
        labels = ", ".join(f"cell [{count}]" for count in counts)
        assert f"{labels}: cell [{first}] again, which changed nothing" in session.notes[key]
    left_out = {count for counts, _ in again for count in counts}
    assert lines(given, played) == lines(session, played, left_out), f"{key}\n{text}"
    before, after = files(tmp_path / "session"), files(place)
    assert before.keys() == after.keys(), f"{key}\n{text}"
    how = {name: bytes_differ(before[name], after[name], name) for name in before}
    assert not any(how.values()), f"{key}: {how}\n{text}"


@pytest.mark.parametrize("name", KINDS)
def test_what_is_exported_gives_what_the_session_gave(
    name: str, stage: Stage, clean: Path, tmp_path: Path
) -> None:
    played = play(KINDS[name])
    if "needs" in played.said:
        pytest.importorskip(played.said["needs"])
    runs = [(cell, played.cells[cell]) for cell in played.order]
    session = stage.left(Asked(str(tmp_path / "session"), played.files, runs, played.document, played.cells))
    assert set(session.failed) == set(played.said.get("raises", "").split()), session.failed
    if "refused" in played.said:
        assert not any(key.endswith("script") for key in session.exports)
        assert all(played.said["refused"] in why for why in session.refused.values()), session.refused
        return
    assert not session.refused
    whole = sorted(played.order) == sorted(played.document)
    done: set[str] = set()
    for key, text in session.exports.items():
        # What a saved notebook gives is seldom another script than what the session gave.
        code = text.partition('"""\n')[2].partition('"""\n')[2] or text.partition('"id": "nbdebt-head"')[2]
        code = code.partition('"cell_type"')[2] if key.endswith("notebook") else code
        if code in done:
            continue
        done.add(code)
        if key.startswith("live") or whole:
            compare(key, played, session, stage, tmp_path, text)
        else:
            # Runs left no trace: that is said, and nothing is claimed.
            assert any("can't be known" in note for note in session.notes[key]), session.notes[key]
    path = clean / f"{len(list(clean.iterdir()))}.py"
    path.write_text(session.exports["live script"])


def test_they_are_clean(clean: Path) -> None:
    """All of them at once: starting ruff takes longer than what it does."""
    is_clean(*clean.iterdir())
