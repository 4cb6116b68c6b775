"""The first screen of a page about many notebooks: which owe most, of what, and how data flows."""

from collections import Counter
from collections.abc import Mapping, Sequence
from html import escape

from nbdebt.datamap.model import DataMap
from nbdebt.model.finding import Finding, NotebookResult, Report
from nbdebt.report.datamap.picture import picture
from nbdebt.report.datamap.plain import summary
from nbdebt.report.plain import clean
from nbdebt.report.statistics import counts
from nbdebt.report.words import plural, verdict_sentence

_WORST = 10
_RULES = 12
FAMILIES = ("order", "seeds", "outputs", "data", "nbdebt")


def overview(report: Report, anchors: Mapping[str, str], found: DataMap | None) -> str:
    """Tables and a picture; empty where there is only one notebook.

    Args:
        report: what was found.
        anchors: ids of the notebooks' sections on the page, by path.
        found: the map of data, where it is to be shown.
    """
    if len(report.notebooks) < 2:
        return ""
    parts = [part for part in (_worst(report, anchors), _rules(report)) if part]
    tables = f'<div class="pair">{"".join(parts)}</div>' if parts else ""
    return f'<section class="overview">{tables}{_data(found)}</section>\n' if tables or found else ""


def _worst(report: Report, anchors: Mapping[str, str]) -> str:
    by_path: dict[str, list[Finding]] = {}
    for finding in report.findings:
        if finding.severity != "note":
            by_path.setdefault(finding.path, []).append(finding)
    ranked = sorted(by_path.items(), key=lambda item: (-len(item[1]), item[0]))[:_WORST]
    if not ranked:
        return ""
    most = len(ranked[0][1])
    results = {result.path: result for result in report.notebooks}
    rows = "".join(_row(path, found, results.get(path), anchors.get(path), most) for path, found in ranked)
    more = len(by_path) - len(ranked)
    rest = f'<p class="rest">and {plural(more, "notebook")} with findings below</p>' if more > 0 else ""
    key = "".join(f'<span><i class="{family}"></i> {family}</span>' for family in FAMILIES[:4])
    head = f'<h2>Where</h2><p class="legend key">{key}</p>'
    return f'<div>{head}<table class="worst"><tbody>{rows}</tbody></table>{rest}</div>'


def _row(
    path: str, found: Sequence[Finding], result: NotebookResult | None, anchor: str | None, most: int
) -> str:
    by_family: Counter[str] = Counter(f.family if f.family in FAMILIES else "nbdebt" for f in found)
    bar = "".join(
        f'<i class="{family}" style="width:{100 * by_family[family] / most:.1f}%" '
        f'title="{by_family[family]} {family}"></i>'
        for family in FAMILIES
        if by_family[family]
    )
    # A long path is broken where its parts begin.
    name = escape(clean(path)).replace("/", "/<wbr>").replace("_", "_<wbr>")
    shown = f'<a href="#{anchor}">{name}</a>' if anchor else name
    said = ""
    if result is not None and result.verdict is not None:
        kind = {True: "good", False: "bad", None: "open"}[result.verdict.reproduces]
        sentence = verdict_sentence(result).partition(":")[0]
        said = f'<small class="{kind}">{escape(clean(sentence))}</small>'
    return f'<tr><td>{shown}<div class="bar">{bar}</div>{said}</td><td class="n">{len(found)}</td></tr>'


def _rules(report: Report) -> str:
    rows = [row for row in counts(report) if row[3] != "note"]
    if not rows:
        return ""
    where = {code: len({f.path for f in report.findings if f.code == code}) for _, code, *_ in rows[:_RULES]}
    family = {finding.code: finding.family for finding in report.findings}
    cells = "".join(
        f'<tr><td><span class="code {family[code] if family[code] in FAMILIES else "nbdebt"}">'
        f"{escape(clean(code))}</span> {escape(clean(name))}"
        f"{'<small>fixable with --fix</small>' if all_fixable else ''}</td>"
        f'<td class="soft">{plural(where[code], "notebook")}</td><td class="n">{count}</td></tr>'
        for count, code, name, _, all_fixable in rows[:_RULES]
    )
    more = len(rows) - _RULES
    rest = f'<p class="rest">and {plural(more, "rule")} more</p>' if more > 0 else ""
    return f'<div><h2>What</h2><table class="rules"><tbody>{cells}</tbody></table>{rest}</div>'


def _data(found: DataMap | None) -> str:
    if found is None or not found.links:
        return ""
    drawn = picture(found)
    whole = "<code>nbdebt graph --format html -o map.html</code>"
    said = (
        f"{escape(clean(summary(found)))}. {whole} makes a map to walk through."
        if drawn
        else f"{escape(clean(summary(found)))}. It is too large to be drawn here: {whole} makes a map of it."
    )
    return f'<div class="flow"><h2>Data</h2><p class="soft">{said}</p>{drawn}</div>'
