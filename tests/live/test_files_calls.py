"""Calls of the standard library and of popular packages, and what of the files they touch is seen.

Each row of ``calls`` runs as a cell of its own in a directory of its own; ``prepare`` runs before, unwatched.
"""

import builtins
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from nbdebt.live.files import FileWatch
from nbdebt.model.history import File, Table, Url
from tests.live.calls import CALLS


@pytest.fixture(scope="module")
def watch() -> Iterator[FileWatch]:
    watch = FileWatch()
    watch.start()
    yield watch
    assert watch.failures == []
    watch.stop()


def run_cell(code: str, number: int, namespace: dict[str, object]) -> None:
    """As IPython does it: compiled under a cell's file name, executed in a module's namespace."""
    builtins.exec(builtins.compile(code, f"<ipython-input-{number}-0123456789ab>", "exec"), namespace)


def shown(seen: object) -> str:
    if isinstance(seen, File):
        path = Path(seen.path).absolute()
        return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else path.name
    return (
        seen.url
        if isinstance(seen, Url)
        else str(seen)
        if isinstance(seen, Table) and seen.connection
        else f"#{seen}"
    )


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("number", range(len(CALLS)), ids=lambda n: CALLS[n].code.splitlines()[-1][:60])
def test_what_a_call_touches(
    number: int, watch: FileWatch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    call = CALLS[number]
    for library in call.needs.split():
        pytest.importorskip(library)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    sys.modules.pop("helper", None)
    namespace: dict[str, object] = {"__name__": "__main__"}
    builtins.exec(call.prepare, dict(namespace))
    watch.begin(number)
    try:
        run_cell(call.code, number, namespace)
    finally:
        seen = watch.end(number)
    expected = {"read": call.reads, "write": call.writes, "delete": call.deletes}
    if not call.seen():
        expected = dict.fromkeys(expected, "")
    found = {
        mode: " ".join(sorted({shown(s.resource) for s in seen if s.mode in modes}))
        for mode, modes in {"read": ("read",), "write": ("write", "mutate"), "delete": ("delete",)}.items()
    }
    assert found == {mode: " ".join(sorted(names.split())) for mode, names in expected.items()}, seen
    assert all(s.sure for s in seen)
