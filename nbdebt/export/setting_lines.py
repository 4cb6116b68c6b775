"""The settings at the top of a script: constants, or a class of which flags and a file make another."""

import keyword
import textwrap
from collections.abc import Sequence

from nbdebt.export.helpers import Names
from nbdebt.export.model import Form, Setting
from nbdebt.export.texts import literal

_WIDTH = 84


class Settings:
    """How a script has its settings.

    Args:
        names: the names that the script may use.
        form: how it is put together.
        title: the notebook's file name.
    """

    def __init__(self, names: Names, form: Form, title: str) -> None:
        self.names = names
        self.form = form
        self.title = title
        self.found: tuple[Setting, ...] = ()
        self.is_class = form.cli != "none" or form.config != "none"
        self.cli = "argparse" if form.cli == "none" and self.is_class else form.cli
        self.class_name = names.free("Settings")
        self.instance = names.free("settings")

    def field(self, name: str) -> str:
        """A setting's name as an attribute and a flag."""
        lower = name.lower()
        return f"{lower}_" if keyword.iskeyword(lower) else lower

    def reference(self, name: str) -> str:
        """How code speaks of a setting."""
        return f"{self.instance}.{self.field(name)}" if self.is_class else name

    def definitions(self) -> str:
        """The constants, or the class and what makes it of flags and a file; empty without settings."""
        if not self.is_class:
            lines = [f"{s.name}: {s.type} = {s.literal}{_comment(s)}" for s in self.found]
            return "\n".join(["# Settings", *lines]) if lines else ""
        dataclasses = self.names.module("dataclasses")
        fields = [f"    {self.field(s.name)}: {s.type} = {s.literal}{_comment(s)}" for s in self.found]
        head = (
            f'@{dataclasses}.dataclass(frozen=True)\nclass {self.class_name}:\n    """What can be set."""\n'
        )
        parts = ["\n".join([head, *fields])]
        if self.form.config != "none":
            parts.append(self._reader())
        elif self.cli == "fire":
            parts.append(self._checker())
        return "\n\n\n".join(parts)

    def command(self, main: str) -> str:
        """What a script that is started does.

        Args:
            main: the function that takes the settings.
        """
        if not self.is_class:
            return f'if __name__ == "__main__":\n    {main}()'
        function = getattr(self, f"_{self.cli}")
        text, call = function(main)
        return f'{text}\n\n\nif __name__ == "__main__":\n    {call}'

    # Files

    def _checker(self) -> str:
        sys, typing = self.names.module("sys"), self.names.module("typing")
        kind = f"dict[str, {typing}.Any]"
        return textwrap.dedent(f'''\
            def {self.names.free("checked")}(values: {kind}, where: str) -> {kind}:
                """Settings by name; one that there isn't, or of a wrong type, ends the script with a word."""
                types = {typing}.get_type_hints({self.class_name})
                for name, value in values.items():
                    if name not in types:
                        known = ", ".join(types)
                        {sys}.exit(f"{{where}}: no setting is called `{{name}}`; there are {{known}}")
                    if type(value) is int and types[name] is float:
                        continue
                    if type(value) is not types[name]:
                        {sys}.exit(f"{{where}}: `{{name}}` must be {{types[name].__name__}}, not {{value!r}}")
                return values''')

    def _reader(self) -> str:
        sys, typing = self.names.module("sys"), self.names.module("typing")
        library = self.names.module("tomllib" if self.form.config == "toml" else "json")
        checked = self.names.free("checked")
        reader = textwrap.dedent(f'''\
            def {self.names.free("read_settings")}(path: str) -> dict[str, {typing}.Any]:
                """Settings from a {self.form.config.upper()} file."""
                try:
                    with open(path, "rb") as file:
                        found = {library}.load(file)
                except (OSError, ValueError) as error:
                    {sys}.exit(f"{{path}}: can't be read: {{error}}")
                if not isinstance(found, dict):
                    {sys}.exit(f"{{path}}: settings are an object, `{{{{...}}}}`")
                return {checked}(found, path)''')
        return f"{self._checker()}\n\n\n{reader}"

    # Flags

    def _argparse(self, main: str) -> tuple[str, str]:
        argparse = self.names.module("argparse")
        name, cls = self.names.free("read_arguments"), self.class_name
        lines = [
            f"def {name}(arguments: list[str] | None = None) -> {cls}:",
            '    """Settings from flags."""',
            f"    parser = {argparse}.ArgumentParser(description={literal(self._about())})",
        ]
        for setting in self.found:
            field = self.field(setting.name)
            flag = literal("--" + field.rstrip("_").replace("_", "-"))
            how = f"type={setting.type}"
            if setting.type == "bool":
                how = f"action={argparse}.BooleanOptionalAction"
            elif setting.kind == "path":
                how = 'metavar="PATH"'
            destination = f", dest={literal(field)}" if field.endswith("_") else ""
            shown = literal(f"{setting.about} (default: %(default)s)".replace("% ", "%% "))
            lines.append(
                f"    parser.add_argument({flag}, {how}, default={cls}.{field}, help={shown}{destination})"
            )
        if self.form.config == "none":
            lines.append(f"    return {cls}(**vars(parser.parse_args(arguments)))")
        else:
            shown = literal(f"a {self.form.config.upper()} file with settings; flags go before it")
            lines += [
                f'    parser.add_argument("--config", metavar="PATH", help={shown})',
                "    given = parser.parse_args(arguments)",
                "    if given.config is not None:",
                f"        parser.set_defaults(**{self.names.free('read_settings')}(given.config))",
                "        given = parser.parse_args(arguments)",
                "    return "
                + f'{cls}(**{{name: value for name, value in vars(given).items() if name != "config"}})',
            ]
        return "\n".join(lines), f"{main}({name}())"

    def _click(self, main: str) -> tuple[str, str]:
        click = self.names.module("click")
        name, cls = self.names.free("command"), self.class_name
        lines = [f"@{click}.command(help={literal(self._about())})"]
        for setting in self.found:
            field = self.field(setting.name)
            flag = field.rstrip("_").replace("_", "-")
            how = f"type={setting.type}"
            if setting.type == "bool":
                spelled, how = literal(f"--{flag}/--no-{flag}"), ""
            else:
                spelled = literal(f"--{flag}")
                how = f"type={click}.Path(), " if setting.kind == "path" else f"type={setting.type}, "
            spelled += f", {literal(field)}"
            lines.append(
                f"@{click}.option({spelled}, {how}default={cls}.{field}, show_default=True, "
                f"help={literal(setting.about)})"
            )
        before = ""
        if self.form.config != "none":
            typing, reader = self.names.module("typing"), self.names.free("config_read")
            before = textwrap.dedent(f'''\
                def {reader}(context: {click}.Context, _option: {typing}.Any, path: str | None) -> None:
                    """Settings of a file, in place of the defaults."""
                    if path is not None:
                        context.default_map = {self.names.free("read_settings")}(path)


                ''')
            shown = literal(f"A {self.form.config.upper()} file with settings; flags go before it.")
            lines.append(
                f'@{click}.option("--config", type={click}.Path(), callback={reader}, is_eager=True, '
                f"expose_value=False, help={shown})"
            )
        lines += [
            f"def {name}(**values: {self.names.module('typing')}.Any) -> None:",
            '    """Start with settings from flags."""',
            f"    {main}({cls}(**values))",
        ]
        return before + "\n".join(lines), f"{name}()"

    def _fire(self, main: str) -> tuple[str, str]:
        fire = self.names.module("fire")
        name, cls, checked = self.names.free("run"), self.class_name, self.names.free("checked")
        config = self.form.config != "none"
        fields = [(self.field(s.name), s) for s in self.found]
        if config:
            parameters = [f"{field}: {s.type} | None = None" for field, s in fields]
            parameters.append("config: str | None = None")
        else:
            parameters = [f"{field}: {s.type} = {cls}.{field}" for field, s in fields]
        about = [f"    {field}: {s.about} (default: {s.literal})" for field, s in fields]
        if config:
            about.append(f"    config: a {self.form.config.upper()} file with settings; flags go before it")
        text = "\n".join([self._about(), "", "Args:", *about]).replace("\\", "\\\\").replace('"""', "'''")
        doc = textwrap.indent(f'"""{text}\n"""', "    ")
        given = "{" + ", ".join(f"{literal(field)}: {field}" for field, _ in fields) + "}"
        if config:
            reader = self.names.free("read_settings")
            body = [
                f"    values = {reader}(config) if config is not None else {{}}",
                f"    given = {given}",
                "    values |= {name: value for name, value in given.items() if value is not None}",
                f'    {main}({cls}(**{checked}(values, "flags")))',
            ]
        else:
            body = [f'    {main}({cls}(**{checked}({given}, "flags")))']
        head = f"def {name}({', '.join(parameters)}) -> None:"
        return "\n".join([head, doc, *body]), f"{fire}.Fire({name})"

    def _about(self) -> str:
        return f"What {self.title} gave."


def _comment(setting: Setting) -> str:
    return f"  # {setting.about}" if setting.about else ""


def settings_notes(form: Form, found: Sequence[Setting]) -> list[str]:
    """What must be said of settings: that there are none, where flags were asked for."""
    asked = form.cli != "none" or form.config != "none"
    return ["Nothing in it reads as a setting: it has no flags"] if asked and not found else []
