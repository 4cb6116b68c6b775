"""``nbdebt rules``: all rules."""

import json
import sys

import click

from nbdebt.commands.explain import described
from nbdebt.commands.output import columns, wants_color, write
from nbdebt.report.plain import Paint, shortened
from nbdebt.rules import Rule, catalogue


@click.command("rules")
@click.option(
    "--format", "form", type=click.Choice(["text", "json", "markdown"]), default="text", show_default=True
)
def command(form: str) -> None:
    """List all rules: code, name, and what each finds. Those in brackets are off by default."""
    rules = list(catalogue().values())
    if form == "json":
        write(json.dumps([described(rule) for rule in rules], ensure_ascii=False, indent=2) + "\n")
    elif form == "markdown":
        write(_table(rules))
    else:
        write(_text(rules, Paint(wants_color(sys.stdout)), columns()))


def _text(rules: list[Rule], paint: Paint, room: int) -> str:
    breadth = max((len(rule.name) for rule in rules), default=0)
    lines: list[str] = []
    family = ""
    for rule in rules:
        if rule.family != family:
            family = rule.family
            lines += ([""] if lines else []) + [paint.bold(family)]
        code = f" {rule.code} " if rule.default else f"[{rule.code}]"
        summary = shortened(rule.summary, room - breadth - 13) if sys.stdout.isatty() else rule.summary
        lines.append(
            f" {paint.severity(rule.severity, code)} {rule.name.ljust(breadth)}  {paint.dim(summary)}"
        )
    return "".join(line + "\n" for line in lines)


def _table(rules: list[Rule]) -> str:
    rows = ["| Code | Name | Family | Severity | Default | Finds |", "| --- | --- | --- | --- | --- | --- |"]
    for rule in rules:
        default = "on" if rule.default else "off"
        summary = rule.summary.replace("|", "\\|")
        rows.append(
            f"| {rule.code} | {rule.name} | {rule.family} | {rule.severity} | {default} | {summary} |"
        )
    return "".join(row + "\n" for row in rows)
