"""Which files, URLs and packages a shell line touches, for the commands that people use in notebooks."""

import re
import shlex
from collections.abc import Iterator

from nbdebt.model.history import File, Mode, Package, Resource, Url
from nbdebt.model.patterns import later

Touched = tuple[Resource, Mode, tuple[str, ...]]

_REDIRECT = later(r"^(?:\d|&)?(>>?|>\|)$")
_SEPARATORS = frozenset((";", "&&", "||", "|", "&"))
_URL = later(r"^(?:https?|ftp|s3|gs|gsutil)://", re.I)
# ``pip install`` arguments that take a value of their own.
_PIP_VALUED = frozenset(
    ("-r", "-c", "-i", "-f", "--index-url", "--extra-index-url", "--find-links", "-t", "--target")
)


def shell_accesses(text: str) -> Iterator[Touched]:
    """The accesses of shell code.

    Args:
        text: one or several lines. IPython's ``{expr}`` and ``$name`` are left as they are; a path with
            them is marked ``computed``.

    Yields:
        (resource, mode, detail) in the order in which they are written.
    """
    for line in text.replace("\\\n", " ").splitlines():
        stripped = line.strip()
        if not stripped or stripped.startswith("#"):
            continue
        try:
            lexer = shlex.shlex(stripped, posix=True, punctuation_chars="();<>|&")
            lexer.whitespace_split = True
            lexer.commenters = "#"
            words = list(lexer)
        except ValueError:
            continue
        command: list[str] = []
        for word in words:
            if word in _SEPARATORS:
                yield from _command(command)
                command = []
            else:
                command.append(word)
        yield from _command(command)


def _resource(path: str) -> Resource:
    return Url(path) if _URL.match(path) else File(path)


def _detail(path: str, *more: str) -> tuple[str, ...]:
    return (*more, "computed") if re.search(r"[{$*?]", path) else more


def _command(words: list[str]) -> Iterator[Touched]:
    arguments: list[str] = []
    position = 0
    while position < len(words):
        word = words[position]
        if _REDIRECT.match(word) and position + 1 < len(words):
            path = words[position + 1]
            if not path.startswith(("/dev/", "&")):
                yield _resource(path), "write", _detail(path, *(("append",) if ">>" in word else ()))
            position += 2
            continue
        if word == "<" and position + 1 < len(words):
            yield _resource(words[position + 1]), "read", _detail(words[position + 1])
            position += 2
            continue
        arguments.append(word)
        position += 1
    while arguments and (
        arguments[0] in ("sudo", "time", "nohup", "exec", "env") or re.match(r"^\w+=", arguments[0])
    ):
        arguments.pop(0)
    if not arguments:
        return
    name = arguments[0].rsplit("/", 1)[-1]
    if name.startswith("python") and arguments[1:3] == ["-m", "pip"]:
        arguments, name = arguments[2:], "pip"
    if name == "uv" and arguments[1:2] == ["pip"]:
        arguments, name = arguments[1:], "pip"
    if name == "{sys.executable}" and arguments[1:3] == ["-m", "pip"]:
        arguments, name = arguments[2:], "pip"
    handler = _COMMANDS.get(name)
    if handler is not None:
        yield from handler(arguments[1:])


def _plain(arguments: list[str]) -> list[str]:
    return [a for a in arguments if not a.startswith("-") and a not in ("(", ")")]


def _option(arguments: list[str], *names: str) -> str:
    for position, argument in enumerate(arguments):
        for name in names:
            if argument == name and position + 1 < len(arguments):
                return arguments[position + 1]
            if name.startswith("--") and argument.startswith(name + "="):
                return argument[len(name) + 1 :]
            if (
                not name.startswith("--")
                and argument.startswith(name)
                and len(argument) > 2
                and not argument.startswith("--")
            ):
                return argument[2:]
    return ""


def _copy(arguments: list[str]) -> Iterator[Touched]:
    paths = _plain(arguments)
    if len(paths) >= 2:
        for source in paths[:-1]:
            yield _resource(source), "read", _detail(source)
        yield _resource(paths[-1]), "write", _detail(paths[-1])


def _move(arguments: list[str]) -> Iterator[Touched]:
    paths = _plain(arguments)
    if len(paths) >= 2:
        for source in paths[:-1]:
            yield _resource(source), "read", _detail(source)
            yield _resource(source), "delete", _detail(source)
        yield _resource(paths[-1]), "write", _detail(paths[-1])


def _remove(arguments: list[str]) -> Iterator[Touched]:
    for path in _plain(arguments):
        yield _resource(path), "delete", _detail(path)


def _tee(arguments: list[str]) -> Iterator[Touched]:
    append = ("append",) if "-a" in arguments else ()
    for path in _plain(arguments):
        yield _resource(path), "write", _detail(path, *append)


def _read(arguments: list[str]) -> Iterator[Touched]:
    for path in _plain(arguments):
        if "." in path or "/" in path:
            yield _resource(path), "read", _detail(path, "shown")


def _download(arguments: list[str]) -> Iterator[Touched]:
    urls = [a for a in arguments if re.match(r"^(?:https?|ftp)://", a, re.I)]
    target = _option(arguments, "--output-document")
    for position, argument in enumerate(arguments):
        # ``-qO-``: flags in one word, the last of them with its value.
        if found := re.match(r"^-[a-zA-Z]*O(.*)$", argument):
            target = found[1] or next(iter(arguments[position + 1 :]), "")
    for url in urls:
        yield Url(url), "read", _detail(url, "download")
        path = target or url.split("?", 1)[0].rstrip("/").rsplit("/", 1)[-1]
        if path and path != "-":
            yield File(path), "write", _detail(path, "download")


def _curl(arguments: list[str]) -> Iterator[Touched]:
    urls = [a for a in arguments if re.match(r"^(?:https?|ftp)://", a, re.I)]
    target = _option(arguments, "-o", "--output")
    remote_name = any(a in ("-O", "--remote-name") or re.match(r"^-[a-zA-Z]*O", a) for a in arguments)
    for url in urls:
        yield Url(url), "read", _detail(url, "download")
        path = target or (url.split("?", 1)[0].rsplit("/", 1)[-1] if remote_name else "")
        if path and path != "-":
            yield File(path), "write", _detail(path, "download")


def _bucket(arguments: list[str]) -> Iterator[Touched]:
    plain = _plain(arguments)
    if plain[:1] == ["s3"] or plain[:1] == ["storage"]:
        plain = plain[1:]
    if plain[:1] and plain[0] in ("cp", "mv", "sync", "rsync") and len(plain) >= 3:
        for source in plain[1:-1]:
            yield _resource(source), "read", _detail(source, "download" if _URL.match(source) else "local")
        yield _resource(plain[-1]), "write", _detail(plain[-1])


def _install(arguments: list[str]) -> Iterator[Touched]:
    if "install" not in arguments[:2]:
        return
    skip = False
    for argument in arguments[arguments.index("install") + 1 :]:
        if skip:
            skip = False
            continue
        if argument.startswith("-"):
            skip = argument in _PIP_VALUED
            continue
        if argument in (".", "(", ")") or "/" in argument.split("@")[0].split("[")[0]:
            continue
        yield Package(re.split(r"[<>=!~\[;@ ]", argument, maxsplit=1)[0], argument), "write", ()


def _change_directory(arguments: list[str]) -> Iterator[Touched]:
    # A shell line runs in a process of its own: the notebook's directory stays.
    yield from ()


def _kaggle(arguments: list[str]) -> Iterator[Touched]:
    name = _option(arguments, "-c", "-d", "--competition", "--dataset")
    plain = [a for a in _plain(arguments) if a not in ("competitions", "datasets", "download", "files")]
    if "download" in arguments and (name or plain):
        yield Url(f"kaggle://{name or plain[0]}"), "read", ("download",)


_COMMANDS = {
    "cp": _copy,
    "rsync": _copy,
    "ln": _copy,
    "mv": _move,
    "rm": _remove,
    "tee": _tee,
    "cat": _read,
    "head": _read,
    "tail": _read,
    "wc": _read,
    "wget": _download,
    "curl": _curl,
    "aws": _bucket,
    "gsutil": _bucket,
    "gcloud": _bucket,
    "pip": _install,
    "pip3": _install,
    "conda": _install,
    "mamba": _install,
    "cd": _change_directory,
    "kaggle": _kaggle,
}
