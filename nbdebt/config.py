"""Settings: what ``[tool.nbdebt]`` in ``pyproject.toml`` or ``nbdebt.toml`` says, frozen."""

import msgspec


class Output(msgspec.Struct, frozen=True):
    """An output that its author owns up to: one entry of ``[tool.nbdebt.outputs]``.

    Args:
        pattern: path pattern relative to ``base`` (``*`` within a directory, ``**`` across), or a URL pattern.
        owner: who answers for it.
        consumers: who reads it.
        note: free text.
        expires: ISO date after which the declaration must be renewed.
        base: directory of the configuration file that says so.
    """

    pattern: str
    owner: str = ""
    consumers: tuple[str, ...] = ()
    note: str = ""
    expires: str = ""
    base: str = ""


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """All settings of one directory.

    Args:
        select: codes, code prefixes (``NBD1``), rule names or families to report; empty: the default selection.
        ignore: the same, not to report.
        extend_select: added to the selection.
        exclude: path patterns that are not checked unless named.
        per_path_ignores: path pattern to codes that are ignored there.
        outputs: declared outputs.
        seed: the number that fixes use for seeds.
        root: the project's root: where the configuration file stands, else the git work tree's top, else empty.
        source: the configuration file, empty where there is none.
    """

    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    extend_select: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    per_path_ignores: dict[str, tuple[str, ...]] = {}
    outputs: tuple[Output, ...] = ()
    seed: int = 42
    root: str = ""
    source: str = ""
