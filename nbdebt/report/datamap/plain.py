"""The map as text, JSON, Mermaid and DOT."""

import json
from collections.abc import Callable, Iterable, Sequence

import msgspec

from nbdebt.datamap.model import Book, Data, DataMap, Link, Loop
from nbdebt.report.graph import dot_text, mermaid_text
from nbdebt.report.plain import clean
from nbdebt.report.words import plural

VERSION = 1
_QUIET = 12
"""So many notebooks without data are named."""
VERDICTS = {True: "✓ reproduces", False: "✗ does not reproduce"}


def as_json(found: DataMap) -> str:
    """``{"version": 1, "kind": "map", "root", "books", "data", "links", "loops", "unread", "unmade"}``;
    fields as in :mod:`nbdebt.datamap.model`."""
    shown = {"version": VERSION, "kind": "map", **msgspec.to_builtins(found)}
    return json.dumps(shown, indent=1, ensure_ascii=False) + "\n"


def flow_line(found: DataMap, loop: Loop) -> str:
    """A loop in one line: ``a.ipynb → x.csv → b.ipynb → y.csv → a.ipynb``."""
    names = labels(found)
    parts = [name for pair in zip(loop.books, loop.data, strict=True) for name in pair]
    return " → ".join(names[part] for part in (*parts, loop.books[0]))


def labels(found: DataMap) -> dict[str, str]:
    """What each node is called, on one line."""
    return {node.id: clean(node.label) for node in found.nodes}


def text(found: DataMap) -> str:
    """Notebook by notebook what comes in and goes out; then loops, and what nobody reads or makes."""
    names = labels(found)
    into: dict[str, list[Link]] = {}
    out: dict[str, list[Link]] = {}
    for link in found.links:
        into.setdefault(link.target, []).append(link)
        out.setdefault(link.source, []).append(link)
    data = {one.id: one for one in found.data}
    lines = [f"{title(found)}: {summary(found)}"]
    quiet: list[str] = []
    for book in found.books:
        comes, goes = into.get(book.id, []), out.get(book.id, [])
        if not comes and not goes:
            quiet.append(names[book.id])
            continue
        verdict = f"  ({VERDICTS[book.reproduces]})" if book.reproduces is not None else ""
        lines += ["", names[book.id] + verdict]
        for link in comes:
            lines.append(f"  ← {names[link.source]}{_wheres(link)}")
        lines += [f"  → {names[link.target]}{_wheres(link)}{_said(data.get(link.target))}" for link in goes]
    if parts := [link for link in found.links if link.kind == "part"]:
        lines += ["", "Directories and patterns:"]
        lines += [f"  {names[link.source]} flows into {names[link.target]}" for link in parts]
    if found.loops:
        lines += ["", f"{plural(len(found.loops), 'feedback loop')}:"]
        lines += [f"  ↻ {flow_line(found, loop)}" for loop in found.loops]
    lines += _listed("Made, and read by no notebook", found.unread, names)
    lines += _listed(
        "Read, and made by no notebook", found.unmade, names, lambda i: _bracketed(version_words(data[i]))
    )
    computed = [one for one in found.data if one.kind == "unknown"]
    if computed:
        lines += ["", f"Computed, so not known without running ({len(computed)}):"]
        lines += [f"  {line}" for one in computed for line in _expressions(one, into, out, names)]
    if quiet:
        more = f" and {len(quiet) - _QUIET} more" if len(quiet) > _QUIET else ""
        lines += ["", f"{plural(len(quiet), 'notebook')} without data: {', '.join(quiet[:_QUIET])}{more}"]
    return "\n".join(lines) + "\n"


def _expressions(
    data: Data, into: dict[str, list[Link]], out: dict[str, list[Link]], names: dict[str, str]
) -> Iterable[str]:
    """Where a computed path stands, and as what."""
    for link, book in [
        *((link, link.source) for link in into.get(data.id, ())),
        *((link, link.target) for link in out.get(data.id, ())),
    ]:
        does = "writes" if link.kind == "writes" else "reads"
        yield from (f"{names[book]} {use.where} {does} {clean(use.text)}" for use in link.uses)


def title(found: DataMap) -> str:
    """The name of the directory that the map is of."""
    return clean(found.root.rstrip("/").rpartition("/")[2] or found.root)


def summary(found: DataMap) -> str:
    """How much there is."""
    scripts = sum(book.kind == "script" for book in found.books)
    counted = [plural(len(found.books) - scripts, "notebook")]
    if scripts:
        counted.append(plural(scripts, "script"))
    counted.append(plural(len(found.data), "data set"))
    if found.loops:
        counted.append(plural(len(found.loops), "feedback loop"))
    return ", ".join(counted)


def _listed(
    head: str, ids: Sequence[str], names: dict[str, str], also: Callable[[str], str] = lambda node: ""
) -> Iterable[str]:
    if not ids:
        return []
    return ["", f"{head} ({len(ids)}):", *(f"  {names[node]}{also(node)}" for node in ids)]


def _bracketed(words: str) -> str:
    return f"  ({words})" if words else ""


def _wheres(link: Link) -> str:
    cells = list(dict.fromkeys(use.where.partition(" line")[0] for use in link.uses))
    shown = ", ".join(cells[:3]) + (f" and {len(cells) - 3} more" if len(cells) > 3 else "")
    return f"  ({'run in ' if link.kind == 'runs' else ''}{shown})"


def _said(data: Data | None) -> str:
    said = [] if data is None else [data.exposed, data.declared]
    return "".join(f", {clean(one)}" for one in said if one)


def version_words(data: Data) -> str:
    """Whether a source is versioned, for people; empty where nothing is known."""
    words = {
        "versioned": f"versioned by {data.version}" if data.version else "versioned",
        "versioned-locally": "committed, not pushed",
        "unversioned": f"not versioned: {data.version}" if data.version else "not versioned",
        "absent": "not there",
        "unknown": "",
    }
    return clean(words.get(data.versioned, ""))


def mermaid(found: DataMap) -> str:
    """A Mermaid flowchart from left to right: notebooks are boxes, data sets cylinders."""
    lines = ["flowchart LR"]
    lines += [f'  {book.id}["{mermaid_text(book.label)}"]' for book in found.books]
    lines += [f"  {one.id}{_shape(one).format(mermaid_text(one.label))}" for one in found.data]
    arrows = {"reads": "-->", "writes": "-->", "runs": "==>", "part": "-.->"}
    lines += [f"  {link.source} {arrows[link.kind]} {link.target}" for link in found.links]
    for name, members in _classes(found):
        if members:
            lines.append(f"  class {','.join(members)} {name}")
    lines += ["  classDef loop stroke-width: 3px", "  classDef unread stroke-dasharray: 4"]
    return "\n".join(lines) + "\n"


def _shape(data: Data) -> str:
    return {"unknown": '(["{}"])', "url": '(["{}"])', "pattern": '[["{}"]]'}.get(data.kind, '[("{}")]')


def _classes(found: DataMap) -> list[tuple[str, list[str]]]:
    in_loop = dict.fromkeys(node for loop in found.loops for node in (*loop.books, *loop.data))
    return [("loop", list(in_loop)), ("unread", [node for node in found.unread if node not in in_loop])]


def dot(found: DataMap) -> str:
    """Graphviz DOT, from left to right."""
    lines = ["digraph data {", "  rankdir=LR;", '  node [fontname="sans-serif"];']
    in_loop = set(_classes(found)[0][1])
    for node in found.nodes:
        shape = "box, style=rounded" if isinstance(node, Book) else _DOT[node.kind]
        bold = ", penwidth=3" if node.id in in_loop else ""
        lines.append(f"  {node.id} [label={dot_text(node.label)}, shape={shape}{bold}];")
    style = {"part": " [style=dashed]", "runs": " [style=bold]"}
    lines += [f"  {link.source} -> {link.target}{style.get(link.kind, '')};" for link in found.links]
    return "\n".join([*lines, "}"]) + "\n"


_DOT = {"file": "cylinder", "pattern": "folder", "url": "ellipse", "table": "cylinder", "unknown": "ellipse"}
