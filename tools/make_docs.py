"""Write the parts of the documentation that the code knows better than any person: ``make docs``.

- ``docs/rules/``: a page for each rule, from its module, and the table of all rules.
- ``docs/reference/``: the stretches between ``<!-- generated: … -->`` and ``<!-- end -->``, from the options
  of the command and from the schema of the configuration.
- what the commands in ``console`` blocks and the cells in ``ipython`` blocks print, where it isn't shortened.
- ``docs/images/check.svg``, from what ``nbdebt check`` prints.

All of it is committed, and ``tests/test_docs.py`` fails where it is not what this script would write.
"""

import inspect
import re
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import msgspec

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from nbdebt.cli import cli
from nbdebt.config import ConfigFile
from nbdebt.rules import Rule, catalogue
from tools import live_blocks
from tools.console_blocks import ROOT, Workplace, refreshed, settled
from tools.terminal_picture import picture

DOCS = ROOT / "docs"
PICTURE = DOCS / "images" / "check.svg"
PICTURED = "nbdebt check example_notebooks/survey.ipynb"
_GENERATED = re.compile(
    r"(?P<head><!-- generated: (?P<name>[\w ]+) -->\n).*?(?P<foot><!-- end -->)", re.DOTALL
)
BAR = "\\|"
_RULES_HEAD = """
# Rules

Each page says what the rule finds, why that matters, what to do, what the rule can't know, and where the
practice comes from. `nbdebt explain RULE` prints the same in the terminal. The examples on the pages are the
rules' tests. In them, `# %% [2]` begins a cell that shows the execution count 2, `# %%` one that never ran;
`# <- NBD101` marks a line that is reported, and lines without a mark are not. `# Out:`, `# Result:` and
`# Raises:` at the end of a cell are its saved output.

An *error* says that Restart & Run All stops; a *warning* that results can't be had again, or that somebody
comes to harm; a *note* is listed and does not fail a run.
"""
_QUESTIONS = {
    "order": "Run again from top to bottom, would each cell read what it read?",
    "seeds": "Which draws from a random stream does no seed determine?",
    "outputs": "What leaves the notebook, who can read it, who does, and who knows about it?",
    "data": "Which reads come from outside the notebook with nothing that pins their content?",
    "nbdebt": "Is what is said to nbdebt itself still true?",
}


def rules() -> list[Rule]:
    """The rules of nbdebt itself; those of other packages are theirs to document."""
    return [rule for rule in catalogue().values() if rule.module.startswith("nbdebt.")]


# Rules


def rule_pages() -> dict[str, str]:
    """All files of ``docs/rules/`` by name."""
    return {"README.md": _index()} | {f"{rule.name}.md": rule_page(rule) for rule in rules()}


def rule_page(rule: Rule) -> str:
    """A rule's page for readers: what tells the tests how to set up an example is said in words."""
    state = "on by default" if rule.default else f"off by default: `--extend-select {rule.code}`"
    lines = [f"# {rule.name} ({rule.code})", ""]
    lines += [f"*Family [{rule.family}](README.md#{rule.family}) · {rule.severity} · {state}*", ""]
    is_open = False
    for line in inspect.cleandoc(rule.page).split("\n"):
        if line.startswith("```"):
            said = {
                "```python fixed": (
                    "With `--fix` (some fixes need `--unsafe-fixes` too) it becomes:",
                    "```python",
                ),
                "```files": (
                    "With these files beside the notebook (`tracked`: committed; `pinned`: in `nbdebt.lock`; "
                    "`changed`: since it was pinned):",
                    "```text",
                ),
                "```toml": ("With this `nbdebt.toml`:", "```toml"),
            }.get(line.rstrip())
            if said is not None and not is_open:
                if line.rstrip() != "```toml" or not _announced(lines):
                    lines += [said[0], ""]
                line = said[1]
            is_open = not is_open
        lines.append(line)
    lines += ["", "---", "", f"Silence it on a line with `# nbdebt: ignore[{rule.name}]` and a reason; "]
    lines[-1] += "[other ways](../how-to/silence.md)."
    return "\n".join(lines) + "\n"


def _announced(lines: list[str]) -> bool:
    """Whether the text above says already what comes."""
    last = next((line for line in reversed(lines) if line.strip()), "")
    return last.endswith(":")


def _index() -> str:
    lines = [_RULES_HEAD.strip()]
    for family, question in _QUESTIONS.items():
        found = [rule for rule in rules() if rule.family == family]
        if not found:
            continue
        lines += ["", f"## {family}", "", question, "", "| Code | Name | Severity | Default | Finds |"]
        lines += ["| --- | --- | --- | --- | --- |"]
        for rule in found:
            summary = rule.summary.replace("|", "\\|")
            default = "on" if rule.default else "off"
            lines.append(
                f"| {rule.code} | [{rule.name}]({rule.name}.md) | {rule.severity} | {default} | {summary} |"
            )
    return "\n".join(lines) + "\n"


# References


def commands_reference() -> str:
    """All commands with their arguments and options."""
    lines: list[str] = []
    for name, command in _commands(cli):
        arguments = [p for p in command.params if isinstance(p, click.Argument)]
        last = ["COMMAND ..."] if isinstance(command, click.Group) else [_argument(a) for a in arguments]
        usage = " ".join(["nbdebt", name, "[OPTIONS]", *last])
        said = inspect.cleandoc((command.help or "").replace("\b", "")).split("\n\n")
        lines += [f"## nbdebt {name}", "", f"`{usage}`", ""]
        for paragraph in said:
            is_list = paragraph.lstrip("\n").startswith(("bash:", "zsh:"))
            lines += (
                ["```text", paragraph.strip("\n"), "```", ""]
                if is_list
                else [" ".join(paragraph.split()), ""]
            )
        options = [p for p in command.params if isinstance(p, click.Option)]
        if options:
            lines += ["| Option | |", "| --- | --- |", *map(_option, options), ""]
    return "\n".join(lines).rstrip() + "\n"


def _commands(group: click.Group, above: str = "") -> Iterator[tuple[str, click.Command]]:
    """The commands of a group, and those of the groups in it, by all of their names."""
    for name in group.list_commands(click.Context(group)):
        command = group.get_command(click.Context(group), name)
        assert command is not None
        yield f"{above}{name}", command
        if isinstance(command, click.Group):
            yield from _commands(command, f"{above}{name} ")


def _argument(argument: click.Argument) -> str:
    shown = argument.metavar or (argument.name or "").upper()
    if isinstance(argument.type, click.Choice):
        shown = "{" + "|".join(map(str, argument.type.choices)) + "}"
    if argument.nargs == -1 and not shown.endswith("..."):
        shown += "..."
    return shown if argument.required else f"[{shown}]"


def _option(option: click.Option) -> str:
    value = ""
    if not option.is_flag:
        value = option.metavar or option.type.name.upper()
        if isinstance(option.type, click.Choice) and not option.metavar:
            value = r"\|".join(map(str, option.type.choices))
        value = f" {value}"
    names = ", ".join(option.opts)
    default = (
        f" Default: `{option.default}`." if option.show_default and option.default not in (None, ()) else ""
    )
    return f"| `{names}{value}` | {((option.help or '').strip() + default).strip()} |"


def configuration_reference() -> str:
    """All keys of the configuration, from the schema that it is read with."""
    definitions = msgspec.json.schema(ConfigFile)["$defs"]
    keys = definitions["ConfigFile"]["properties"]
    lines = ["| Key | Value | Default | |", "| --- | --- | --- | --- |"]
    lines += [_key(key, schema) for key, schema in keys.items()]
    lines += ["", "An entry of `outputs`:", "", "| Key | Value | Default | |", "| --- | --- | --- | --- |"]
    lines += [_key(key, schema) for key, schema in definitions["_Declared"]["properties"].items()]
    lines += ["", "Keys of `ledger`:", "", "| Key | Value | Default | |", "| --- | --- | --- | --- |"]
    lines += [_key(key, schema) for key, schema in definitions["_Ledger"]["properties"].items()]
    return "\n".join(lines) + "\n"


def _key(key: str, schema: dict[str, Any]) -> str:
    default = schema.get("default")
    shown = {"[]": "", "{}": "", '""': "", "null": ""}.get(
        text := msgspec.json.encode(default).decode(), f"`{text}`"
    )
    return f"| `{key}` | {_kind(schema)} | {shown} | {schema.get('description', '')} |"


def _kind(schema: dict[str, Any]) -> str:
    if "enum" in schema:
        return " or ".join(f"`{value}`" for value in schema["enum"])
    if "allOf" in schema or "$ref" in schema:
        return "table"
    if "anyOf" in schema and any("$ref" in one for one in schema["anyOf"]):
        return "table"
    if "anyOf" in schema:
        return " or ".join(_kind(one) for one in schema["anyOf"] if one.get("type") != "null")
    match schema.get("type"):
        case "array":
            return "list of strings"
        case "object":
            inner = schema["additionalProperties"]
            return f"table: pattern = {'entry' if '$ref' in inner else _kind(inner)}"
        case "string":
            return str(schema.get("format", "string"))
        case "integer":
            return f"whole number from {schema.get('minimum', 0)}" + (
                f" to {schema['maximum']}" if "maximum" in schema else ""
            )
        case other:
            return str(other)


def magics_reference() -> str:
    """All magics, from what reads them."""
    from nbdebt.live.magic_words import CELLS, LINES, Word

    def rows(words: list[Word]) -> list[str]:
        return [f"| `{word.usage.replace('|', BAR)}` | {word.help} |" for word in words]

    head = ["| | |", "| --- | --- |"]
    lines = ["## Lines", "", *head, *rows(list(LINES.values()))]
    return "\n".join([*lines, "", "## Heads of cells", "", *head, *rows(list(CELLS.values()))]) + "\n"


def filled(text: str) -> str:
    """A page with its generated stretches written anew."""
    makers = {
        "commands": commands_reference,
        "configuration": configuration_reference,
        "magics": magics_reference,
    }
    return _GENERATED.sub(lambda found: f"{found['head']}\n{makers[found['name']]()}\n{found['foot']}", text)


# All pages


def written_pages() -> list[Path]:
    """The pages that people write: README and all below ``docs/``, without those of the rules."""
    return [ROOT / "README.md", *(p for p in sorted(DOCS.rglob("*.md")) if p.parent.name != "rules")]


def check_picture(directory: Path) -> str:
    """What ``docs/images/check.svg`` must show.

    Args:
        directory: an empty directory to work in.
    """
    printed, _ = Workplace(directory).run(f"{PICTURED} --color always")
    return picture(settled(printed), PICTURED)


def main() -> None:
    """Write everything."""
    made = rule_pages()
    for stale in set((DOCS / "rules").glob("*.md")) - {DOCS / "rules" / name for name in made}:
        stale.unlink()
    for name, text in made.items():
        _write(DOCS / "rules" / name, text)
    for page in written_pages():
        text = filled(page.read_text(encoding="utf-8"))
        if "```console" in text:
            with tempfile.TemporaryDirectory() as directory:
                text = refreshed(text, Workplace(Path(directory)))
        if live_blocks.has_notebooks(page):
            with tempfile.TemporaryDirectory() as directory:
                text = live_blocks.refreshed(text, Workplace(Path(directory)))
        _write(page, text)
    with tempfile.TemporaryDirectory() as directory:
        _write(PICTURE, check_picture(Path(directory)))


def _write(path: Path, text: str) -> None:
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        click.echo(f"wrote {path.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
