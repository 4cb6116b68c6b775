"""An extension of Sphinx: a badge that says what *Restart & Run All* of a notebook would give.

In ``conf.py``: ``extensions = ["nbdebt.sphinx"]``. Then ``.. nbdebt-badge:: path.ipynb`` shows the badge of a
notebook, without a path that of the page, where the page is one (myst-nb, nbsphinx, Jupyter Book);
``nbdebt_badges = True`` puts one on top of each such page. Executes nothing. Source: Sphinx's documentation,
"Developing extensions".
"""

from pathlib import Path
from typing import Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective
from sphinx.util.typing import ExtensionMetadata

from nbdebt import __version__
from nbdebt.engine import CheckOptions, check_data
from nbdebt.model.errors import NbdebtError
from nbdebt.model.finding import Finding, Report
from nbdebt.report.words import place, plural, problem_sentence, verdict_sentence

_log = logging.getLogger(__name__)
_STATIC = Path(__file__).parent / "static"
_CLASSES = {True: "same", False: "differs", None: "unknown"}
# Never by colour alone.
_SIGNS = {"same": "✓", "differs": "✗", "unknown": "?", "unread": "!"}


class Badge(SphinxDirective):
    """``nbdebt-badge``: a notebook's verdict, and with ``:findings:`` what was found in it."""

    optional_arguments = 1
    final_argument_whitespace = True
    option_spec: ClassVar[Any] = {"findings": directives.flag}

    def run(self) -> list[nodes.Node]:
        """The badge."""
        if self.arguments:
            _, path = self.env.relfn2path(self.arguments[0])
        else:
            path = str(self.env.doc2path(self.env.docname))
        if not path.endswith(".ipynb"):
            raise self.error("nbdebt-badge needs the path of a notebook: this page is none")
        self.env.note_dependency(path)
        made = badge(path, self.get_location(), "findings" in self.options)
        self.set_source_info(made)
        return [made]


def badge(path: str, where: Any, findings: bool = False) -> nodes.container:
    """The badge of a notebook.

    Args:
        path: the notebook.
        where: the page that shows it, for warnings.
        findings: with a list of what was found.
    """
    made = nodes.container(classes=["nbdebt"])
    try:
        report = check_data(Path(path).read_bytes(), path, CheckOptions(cache=False))
    except (OSError, NbdebtError) as error:
        _log.warning("nbdebt: %s", error, location=where, type="nbdebt")
        made += _line("unread", f"nbdebt: {Path(path).name} could not be read", "")
        return made
    for problem in report.problems:
        _log.warning("nbdebt: %s: %s", path, problem_sentence(problem), location=where, type="nbdebt")
    owed = [f for f in report.findings if f.severity != "note"]
    kind, said = _said(report)
    made += _line(kind, said, plural(len(owed), "finding") if owed else "no findings")
    if findings and owed:
        made += _listed(owed)
    return made


def _said(report: Report) -> tuple[str, str]:
    (notebook,) = report.notebooks
    if report.problems:
        return "unread", problem_sentence(report.problems[0])
    for what in report.not_run:
        if what.what == "notebook":
            return "unknown", what.reason
    kind = _CLASSES[notebook.verdict.reproduces if notebook.verdict is not None else None]
    return kind, f"Restart & Run All {verdict_sentence(notebook) or 'was not judged'}"


def _line(kind: str, said: str, count: str) -> nodes.paragraph:
    line = nodes.paragraph(classes=["nbdebt-badge", f"nbdebt-{kind}"])
    line += nodes.inline("", f"{_SIGNS[kind]} ", classes=["nbdebt-sign"])
    line += nodes.inline("", said, classes=["nbdebt-verdict"])
    if count and kind != "unread":
        line += nodes.inline("", f" · {count}", classes=["nbdebt-count"])
    return line


def _listed(findings: list[Finding]) -> nodes.bullet_list:
    listed = nodes.bullet_list(classes=["nbdebt-findings"])
    for finding in findings:
        text = nodes.paragraph()
        text += nodes.strong("", f"{finding.code} {finding.name}")
        text += nodes.Text(f", {place(finding)}: ")
        # What stands in backticks is code.
        for number, piece in enumerate(finding.message.split("`")):
            text += nodes.literal("", piece) if number % 2 else nodes.Text(piece)
        listed += nodes.list_item("", text)
    return listed


def _on_top(app: Sphinx, document: nodes.document) -> None:
    """Put a badge on top of a page that is a notebook, where that is wanted."""
    path = str(app.env.doc2path(app.env.docname))
    if not app.config.nbdebt_badges or not path.endswith(".ipynb"):
        return
    if any("nbdebt" in node.get("classes", ()) for node in document.findall(nodes.container)):
        return
    made = badge(path, app.env.docname)
    title = next(document.findall(nodes.title), None)
    if title is not None and title.parent is not None:
        title.parent.insert(title.parent.index(title) + 1, made)
    else:
        document.insert(0, made)


def _with_style(app: Sphinx, config: Any) -> None:
    config.html_static_path.append(str(_STATIC))


def setup(app: Sphinx) -> ExtensionMetadata:
    """What Sphinx calls."""
    app.add_directive("nbdebt-badge", Badge)
    app.add_config_value("nbdebt_badges", False, "env", bool)
    app.connect("config-inited", _with_style)
    app.connect("doctree-read", _on_top)
    app.add_css_file("nbdebt.css")
    return {"version": __version__, "parallel_read_safe": True, "parallel_write_safe": True}
