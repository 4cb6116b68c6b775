"""How often ``nbdebt check`` is right on notebooks that nobody here wrote.

    python -m benchmarks.accuracy draw [corpus] [--seed 1] [--undecided]   # what to judge, with its cells
    python -m benchmarks.accuracy table                                    # the judgements, as Markdown
    python -m benchmarks.accuracy write [--seed N]                         # ... into docs/accuracy.md

A sample is drawn by rank: every finding gets a number from the seed and from what identifies it (code,
notebook, cell, line), and the lowest numbers of each stratum are drawn. So a rule that is repaired doesn't
reshuffle the others, and what was read stays read. Strata are the codes: at least six of each (or all), the
rest in proportion.

Judgements are tables of ``benchmarks/accuracy/*.toml``, each with ``key`` (as printed), ``judgement`` and
``reason``: ``right``; ``waved`` (true, but a competent data scientist would wave it away: a false alarm);
``wrong`` (not true of this notebook, or the advice or the fix is not right: a false alarm).
"""

import argparse
import hashlib
import json
import re
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

import nbdebt
from nbdebt.model.finding import Finding, NotebookResult, Report

JUDGED = Path(__file__).resolve().parent / "accuracy"
PAGE = JUDGED.parents[1] / "docs" / "accuracy.md"
JUDGEMENTS = ("right", "waved", "wrong")
AT_LEAST = 6
SIZES = {"findings": 140, "notes": 34, "false": 40, "true": 22}


class Drawn(msgspec.Struct, frozen=True):
    """Something to judge: ``part`` of the sample, its stratum, its key, and what there is to read."""

    part: str
    stratum: str
    key: str
    text: str


class Judgement(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a reader decided, and why, in a line."""

    key: str
    judgement: str
    reason: str


def rank(seed: int, key: str) -> bytes:
    """The place of a key in the order of the draw."""
    return hashlib.blake2b(f"{seed}\0{key}".encode(), digest_size=8).digest()


def allot(counts: Counter[str], size: int, least: int) -> dict[str, int]:
    """How many to draw of each stratum: ``least`` or all, and a share of what is left to ``size``."""
    base = {name: min(least, count) for name, count in counts.items()}
    rest = max(0, size - sum(base.values()))
    over = {name: count - base[name] for name, count in counts.items()}
    total = sum(over.values()) or 1
    return {name: base[name] + min(over[name], round(rest * over[name] / total)) for name in counts}


def sources(path: Path) -> list[tuple[str, int | None, str, str]]:
    """Kind, count, source and outputs (in short) of each cell."""
    document = json.loads(path.read_bytes())
    cells = document.get("cells") or [c for sheet in document.get("worksheets", ()) for c in sheet["cells"]]
    found = []
    for cell in cells:
        source = cell.get("source", cell.get("input", ""))
        shown = json.dumps(cell.get("outputs", []))[:1500]
        count = cell.get("execution_count", cell.get("prompt_number"))
        found.append(
            (cell["cell_type"], count, source if isinstance(source, str) else "".join(source), shown)
        )
    return found


def finding_key(finding: Finding, root: Path) -> str:
    """What identifies a finding: code, notebook, cell, line and column."""
    cell = finding.cell.index if finding.cell else "-"
    span = f"{finding.span.line}:{finding.span.column}" if finding.span else "-"
    return f"{finding.code} {Path(finding.path).relative_to(root).as_posix()} cell {cell} at {span}"


def finding_text(finding: Finding) -> str:
    """A finding as its reader sees it, with the cell it is in."""
    lines = [f"{finding.severity} {finding.name}: {finding.message}", f"  advice: {finding.advice}"]
    lines += [f"  evidence: {item}" for item in finding.evidence]
    lines += [f"  related: {r.message} (cell {r.cell.index if r.cell else '-'})" for r in finding.related]
    if finding.fix:
        lines.append(f"  fix ({finding.fix.safety}): {finding.fix.title}: {finding.fix.edits}")
    if finding.cell:
        kind, count, source, _ = sources(Path(finding.path))[finding.cell.index]
        lines.append(f"  {kind} cell {finding.cell.index} [{count}]")
        marked = finding.span.line if finding.span else 0
        for number, line in enumerate(source.splitlines(), 1):
            lines.append(f"  {'>' if number == marked else '|'} {line[:150]}")
    return "\n".join(lines)


def verdict_text(result: NotebookResult) -> str:
    """A verdict with the cells that it rests on."""
    assert result.verdict is not None
    lines = [f"reproduces: {result.verdict.reproduces}"]
    found = sources(Path(result.path))
    for ref in result.cells:
        said = result.verdict.cells.get(ref.id)
        if said is None or (said.state == "same" and result.verdict.reproduces is False):
            continue
        lines.append(f"  cell {ref.index} [{ref.execution_count}] {said.state}: {'; '.join(said.because)}")
        lines += [f"    | {line[:150]}" for line in found[ref.index][2].splitlines()]
    lines += [f"  name {name}: {why}" for name, why in result.verdict.names.items()]
    return "\n".join(lines)


def candidates(report: Report, root: Path) -> Iterator[Drawn]:
    """All that can be drawn. Keys are unique: of several findings at one place the first stands for all."""
    seen = set()
    for finding in report.findings:
        key = finding_key(finding, root)
        if key not in seen:
            seen.add(key)
            part = "notes" if finding.severity == "note" else "findings"
            yield Drawn(part, finding.code, key, finding_text(finding))
    for result in report.notebooks:
        verdict = result.verdict
        if verdict is not None and verdict.reproduces is not None:
            said = str(verdict.reproduces).lower()
            path = Path(result.path).relative_to(root).as_posix()
            yield Drawn(said, f"verdict {said}", f"{said} {path}", verdict_text(result))


def draw(report: Report, root: Path, seed: int) -> list[Drawn]:
    """The sample of a report.

    Args:
        report: of the whole corpus.
        root: the corpus; keys are relative to it.
        seed: another seed draws another sample.
    """
    everything = list(candidates(report, root))
    sample = []
    for part, size in SIZES.items():
        members = [item for item in everything if item.part == part]
        quota = allot(Counter(item.stratum for item in members), size, AT_LEAST if part == "findings" else 2)
        for item in sorted(members, key=lambda item: rank(seed, item.key)):
            if quota[item.stratum] > 0:
                quota[item.stratum] -= 1
                sample.append(item)
    return sorted(sample, key=lambda item: (list(SIZES).index(item.part), item.stratum))


def judgements() -> dict[str, Judgement]:
    """All judgements by key.

    Raises:
        ValueError: a key is judged twice, or a judgement is none of ``JUDGEMENTS``.
    """
    found: dict[str, Judgement] = {}
    for file in sorted(JUDGED.glob("*.toml")):
        for table in tomllib.loads(file.read_text(encoding="utf-8")).get("judged", []):
            judged = msgspec.convert(table, Judgement)
            if judged.key in found or judged.judgement not in JUDGEMENTS:
                raise ValueError(f"{file.name}: {judged.key}: judged twice, or not one of {JUDGEMENTS}")
            found[judged.key] = judged
    return found


def table(sample: Iterable[Drawn], decided: dict[str, Judgement]) -> Iterator[str]:
    """The sample's judgements, counted, one Markdown row a stratum; so is what nobody judged yet."""
    yield "| | drawn | right | waved away | wrong | false alarms | not judged |"
    yield "| --- | ---: | ---: | ---: | ---: | ---: | ---: |"
    rows: dict[str, Counter[str]] = {}
    for item in sample:
        said = decided[item.key].judgement if item.key in decided else "none"
        whole = {"findings": "**warnings and errors**", "notes": "**notes**"}.get(item.part)
        for name in (whole, f"{item.stratum} (notes)" if item.part == "notes" else item.stratum):
            if name:
                rows.setdefault(name, Counter())[said] += 1
    for name, row in rows.items():
        alarms, judged = row["waved"] + row["wrong"], row.total() - row["none"]
        share = f"{100 * alarms / judged:.0f} %" if judged else "-"
        counts = " | ".join(str(row[word]) for word in JUDGEMENTS)
        yield f"| {name} | {row.total()} | {counts} | {share} | {row['none']} |"


def write(seed: int, rows: str) -> None:
    """Put the table of a seed in its place on the page, between ``<!-- seed N -->`` and ``<!-- end -->``."""
    place = re.compile(rf"(?<=<!-- seed {seed} -->\n)(.*?)(?=<!-- end -->)", re.DOTALL)
    text = place.sub(lambda _: f"\n{rows}\n\n", PAGE.read_text(encoding="utf-8"), count=1)
    PAGE.write_text(text, encoding="utf-8")


def main(arguments: list[str] | None = None) -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.accuracy")
    parser.add_argument("command", choices=["draw", "table", "write"])
    parser.add_argument("corpus", nargs="?", type=Path, default=Path("corpus"))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--undecided", action="store_true", help="only what nobody judged yet")
    parser.add_argument("--only", default="", help="only keys that begin so: a code, or true, or false")
    options = parser.parse_args(arguments)
    sample = draw(nbdebt.check(options.corpus), options.corpus, options.seed)
    decided = judgements()
    if options.command == "table":
        print("\n".join(table(sample, decided)))
        return
    if options.command == "write":
        write(options.seed, "\n".join(table(sample, decided)))
        return
    for item in sample:
        if item.key.startswith(options.only) and not (options.undecided and item.key in decided):
            print(f"### {item.key}\n{item.text}\n")


if __name__ == "__main__":
    main()
