"""Scores verdicts against the truth: ``python -m benchmarks.oracle.score DIR [--verdict NAME]
[--truth saved] [--wrong] [--json] [--markdown]``.

A verdict is True (Restart & Run All gives the same), False or None (unknown). Figures: how often a False is
right
(precision) and how many of what does not reproduce is found (recall); how often a True is right; the share
of None.
"""

import argparse
from collections.abc import Callable, Iterable
from pathlib import Path

import msgspec

import nbdebt
from benchmarks.oracle.baselines import counts_increase, def_use
from benchmarks.oracle.truth import Truth

Judge = Callable[[Path], bool | None]


class Score(msgspec.Struct):
    """A confusion of verdict and truth. ``false_true``: the verdict was False, the truth True."""

    false_false: int = 0
    false_true: int = 0
    true_true: int = 0
    true_false: int = 0
    unknown_true: int = 0
    unknown_false: int = 0

    def add(self, verdict: bool | None, truth: bool) -> None:
        """Count a session."""
        said = "unknown" if verdict is None else str(verdict).lower()
        field = f"{said}_{str(truth).lower()}"
        setattr(self, field, getattr(self, field) + 1)

    @property
    def sessions(self) -> int:
        """How many there are."""
        return sum(msgspec.structs.astuple(self))

    @property
    def precision(self) -> float | None:
        """How often a False is right."""
        return _share(self.false_false, self.false_false + self.false_true)

    @property
    def recall(self) -> float | None:
        """How much of what does not reproduce was called False."""
        return _share(self.false_false, self.false_false + self.true_false + self.unknown_false)

    @property
    def true_right(self) -> float | None:
        """How often a True is right."""
        return _share(self.true_true, self.true_true + self.true_false)

    @property
    def unknown(self) -> float | None:
        """How often there is no answer."""
        return _share(self.unknown_true + self.unknown_false, self.sessions)

    def figures(self) -> dict[str, float | int | None]:
        """All figures, for JSON."""
        figures = {name: getattr(self, name) for name in ("precision", "recall", "true_right", "unknown")}
        return {"sessions": self.sessions, **figures, **msgspec.structs.asdict(self)}


class Wrong(msgspec.Struct):
    """A session whose verdict is not the truth."""

    file: str
    said: bool
    truth: Truth


class Result(msgspec.Struct):
    """A verdict's scores on a directory of sessions."""

    verdict: str
    whole: Score
    kinds: dict[str, Score]
    notebooks: dict[str, Score]
    reasons: dict[str, Score]
    wrong: list[Wrong]


def product(path: Path) -> bool | None:
    """nbdebt's own verdict; a notebook that it can't read counts as unknown."""
    check = getattr(nbdebt, "check", None)
    if check is None:
        raise SystemExit(
            "this nbdebt has no check() yet: only --verdict counts and --verdict def-use can be scored"
        )
    notebooks = check(path).notebooks
    return notebooks[0].verdict.reproduces if notebooks and notebooks[0].verdict else None


JUDGES: dict[str, Judge] = {"nbdebt": product, "counts": counts_increase, "def-use": def_use}


def score(folder: Path, truths: Iterable[Truth], verdict: str, saved: bool = False) -> Result:
    """Score a verdict on the sessions of a directory.

    Args:
        folder: where the notebooks are.
        truths: what is known of them.
        verdict: a key of ``JUDGES``.
        saved: count a notebook as reproducible only if all its saved outputs come out again, too.
    """
    result = Result(verdict, Score(), {}, {}, {}, [])
    for truth in truths:
        said = JUDGES[verdict](folder / truth.file)
        is_so = truth.reproduces and (truth.outputs_equal or not saved)
        reason = truth.reason if not truth.reproduces or is_so else "outputs only"
        groups = (result.kinds, truth.kind), (result.notebooks, truth.notebook), (result.reasons, reason)
        for score_ in (result.whole, *(group.setdefault(key, Score()) for group, key in groups)):
            score_.add(said, is_so)
        if said is not None and said != is_so:
            result.wrong.append(Wrong(str(folder / truth.file), said, truth))
    return result


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _line(name: str, score_: Score) -> str:
    shares = (score_.precision, score_.recall, score_.true_right, score_.unknown)
    cells = "".join(f"{'-':>9}" if share is None else f"{share:9.2f}" for share in shares)
    counts = "".join(f"{count:6}" for count in msgspec.structs.astuple(score_))
    return f"{name:24}{score_.sessions:6}{cells}  {counts}"


def show(result: Result, wrong: bool) -> Iterable[str]:
    """Yield the lines of a table for people."""
    yield f"{result.verdict}: F = said False, T = said True, ? = said unknown; then /F or /T = the truth"
    yield (
        f"{'':24}{'n':>6}{'F prec':>9}{'F recall':>9}{'T right':>9}{'unknown':>9}  "
        f"{'F/F':>6}{'F/T':>6}{'T/T':>6}{'T/F':>6}{'?/T':>6}{'?/F':>6}"
    )
    yield _line("all", result.whole)
    for title, group in (("kind", result.kinds), ("reason", result.reasons), ("notebook", result.notebooks)):
        yield f"-- by {title}"
        yield from (_line(name, group[name]) for name in sorted(group))
    if wrong:
        yield "-- wrong"
    for case in result.wrong if wrong else []:
        truth = case.truth
        why = ", ".join(truth.why) or ("outputs" if not truth.outputs_equal else "nothing differs")
        yield f"{case.file}: said {case.said}; {truth.kind}, {truth.reason}, {why}"
        yield f"    {'; '.join(op for op in truth.ops)}"
        yield from (
            f"    {name}: {was[:60]} | {new[:60]}" for name, (was, new) in list(truth.names.items())[:4]
        )


def row(result: Result, folder: Path, truth: str) -> str:
    """One row of a Markdown table: the set, the truth, the verdict, and its figures."""
    whole = result.whole
    shares = (whole.precision, whole.recall, whole.true_right, whole.unknown)
    cells = " | ".join("-" if share is None else f"{share:.2f}" for share in shares)
    return f"| {folder.name} | {truth} | {result.verdict} | {whole.sessions} | {cells} |"


def main(arguments: list[str] | None = None) -> None:
    """Run from the command line; the exit status is 0 whatever the figures."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.oracle.score", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--verdict", choices=JUDGES, default="nbdebt")
    parser.add_argument(
        "--truth", choices=["values", "saved"], default="values", help="saved: outputs count, too"
    )
    parser.add_argument(
        "--wrong", action="store_true", help="list the sessions whose verdict is not the truth"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--markdown", action="store_true", help="print one row of a table")
    options = parser.parse_args(arguments)
    truths = msgspec.json.decode((options.folder / "truth.json").read_bytes(), type=list[Truth])
    result = score(options.folder, truths, options.verdict, options.truth == "saved")
    if options.json:
        groups = {name: getattr(result, name) for name in ("kinds", "reasons", "notebooks")}
        figures = {
            name: {key: s.figures() for key, s in sorted(group.items())} for name, group in groups.items()
        }
        whole = {"verdict": result.verdict, "truth": options.truth, "all": result.whole.figures(), **figures}
        print(msgspec.json.format(msgspec.json.encode(whole | {"wrong": result.wrong}), indent=1).decode())
        return
    if options.markdown:
        print(row(result, options.folder, options.truth))
        return
    for line in show(result, options.wrong):
        print(line)


if __name__ == "__main__":
    main()
