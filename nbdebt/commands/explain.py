"""``nbdebt explain``: the page of a rule."""

import json
import sys
from collections.abc import Iterator

import click

from nbdebt.commands.output import columns, wants_color, write
from nbdebt.config import codes
from nbdebt.report.markdown import rendered
from nbdebt.report.plain import Paint
from nbdebt.rules import Rule, catalogue


@click.command("explain")
@click.argument("rules", nargs=-1, required=True, metavar="RULE...")
@click.option(
    "--format", "form", type=click.Choice(["text", "markdown", "json"]), default="text", show_default=True
)
def command(rules: tuple[str, ...], form: str) -> None:
    """Explain rules: what they find, why it matters, what to do. RULE is a code, a name or a family."""
    known = catalogue()
    asked = [known[code] for code in sorted(codes(rules, known))]
    if form == "json":
        shown = [{**described(rule), "page": rule.page} for rule in asked]
        write(json.dumps(shown, ensure_ascii=False, indent=2) + "\n")
    elif form == "markdown":
        write("\n".join(rule.markdown for rule in asked))
    else:
        paint = Paint(wants_color(sys.stdout))
        write("\n".join("".join(line + "\n" for line in _page(rule, paint)) for rule in asked))


def described(rule: Rule) -> dict[str, object]:
    """A rule as programs see it."""
    return {
        "code": rule.code,
        "name": rule.name,
        "family": rule.family,
        "severity": rule.severity,
        "default": rule.default,
        "summary": rule.summary,
    }


def _page(rule: Rule, paint: Paint) -> Iterator[str]:
    is_on = "on by default" if rule.default else f"off by default, on with --extend-select {rule.code}"
    title = paint.severity(rule.severity, f"{rule.code} {rule.name}")
    yield f"{title} {paint.dim(f'· {rule.family} · {is_on}')}"
    yield ""
    yield from rendered(rule.page, paint, min(columns(), 100))
