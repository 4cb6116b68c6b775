"""A report as text: for people, for programs, for services. All are pure functions from a report to a string.

A format's module is imported when the format is asked for, so that plain output does not pay for the others.
"""

import importlib
from collections.abc import Callable

from nbdebt.model.finding import Report
from nbdebt.report.view import View

_FORMATS = {
    "text": "text.text",
    "concise": "concise.concise",
    "json": "json.json_report",
    "ndjson": "json.ndjson",
    "sarif": "sarif.sarif",
    "github": "github.github",
    "gitlab": "gitlab.gitlab",
    "junit": "junit.junit",
    "html": "html.html",
}
FORMATS = tuple(_FORMATS)


def render(report: Report, form: str, view: View | None = None) -> str:
    """The report in one of the ``FORMATS``, ending in a line end unless empty.

    Args:
        report: what was found.
        form: name of the format.
        view: how much to show, and how.

    Raises:
        KeyError: there is no such format.
    """
    module, _, function = _FORMATS[form].partition(".")
    write: Callable[[Report, View], str] = getattr(
        importlib.import_module(f"nbdebt.report.{module}"), function
    )
    return write(report, view or View())
