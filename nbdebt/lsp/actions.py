"""What an editor offers to do about findings: fixes, and comments that silence."""

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
from lsprotocol import types
from pygls.workspace import PositionCodec

from nbdebt.engine import CheckOptions
from nbdebt.fixing import applicable, fix_bytes
from nbdebt.lsp.findings import SOURCE, diagnostics, placed
from nbdebt.lsp.opened import Opened, sources
from nbdebt.lsp.texts import changes
from nbdebt.model.errors import NbdebtError
from nbdebt.model.finding import Declare, Drop, Edit, Finding, Fix, Insert, Move, PinFile, Replace, Report
from nbdebt.read import read_notebook
from nbdebt.read.edit import DocumentEdit, apply_edits
from nbdebt.read.percent import encoding_of
from nbdebt.suppress import silencing

FIX_ALL = "source.fixAll.nbdebt"
NOTEBOOK_FIX_ALL = "notebook.source.fixAll.nbdebt"
"""The same, as VS Code asks for it of a whole notebook (``notebook.codeActionsOnSave``)."""
REPAY = "nbdebt.repay"
"""The command that writes declarations and pins. Arguments: the document's address, the edits."""
_NO_MOVES = "An editor can't move cells for us: nbdebt check --fix --unsafe-fixes does it in the file"


class Asking(msgspec.Struct):
    """Who asks for actions, and of what.

    Args:
        report: of the document.
        opened: the document.
        codec: what the editor counts in.
        options: how documents are checked.
        versions: the editor takes edits of a version of a text.
        disabled: the editor shows what can't be done, and why.
    """

    report: Report
    opened: Opened
    codec: PositionCodec
    options: CheckOptions
    versions: bool = True
    disabled: bool = False


def actions(asking: Asking, params: types.CodeActionParams) -> list[types.CodeAction]:
    """What can be done where somebody stands.

    Args:
        asking: who asks.
        params: where, and which kinds are wanted.
    """
    wanted = params.context.only
    found: list[types.CodeAction] = []
    if _wants(wanted, types.CodeActionKind.QuickFix):
        found += _of_findings(asking, params.text_document.uri, params.range)
    for kind in (FIX_ALL, NOTEBOOK_FIX_ALL):
        # Only for who asks for it: it would be there for every line.
        if wanted and _wants(wanted, kind) and (made := _fix_all(asking, kind)) is not None:
            found.append(made)
    return found


def _wants(wanted: Sequence[types.CodeActionKind | str] | None, kind: types.CodeActionKind | str) -> bool:
    name = _name(kind)
    return not wanted or any(name == (one := _name(w)) or name.startswith(f"{one}.") for w in wanted)


def _name(kind: types.CodeActionKind | str) -> str:
    return str(kind.value) if isinstance(kind, types.CodeActionKind) else kind


def _of_findings(asking: Asking, uri: str, around: types.Range) -> Iterator[types.CodeAction]:
    opened, codec = asking.opened, asking.codec
    shown = diagnostics(asking.report, opened, codec)
    texts = [cell.source for cell in _cells(opened)]
    silencers: list[types.CodeAction] = []
    titles: set[str] = set()
    for finding, part, place in placed(asking.report, opened, codec):
        if part.uri != uri or place.end.line < around.start.line or place.start.line > around.end.line:
            continue
        of = [d for d in shown[part.uri] if d.range == place and d.code == finding.code]
        if finding.fix is not None and finding.fix.title not in titles:
            titles.add(finding.fix.title)
            yield from _fix(asking, finding.fix, of)
        if finding.cell is None or finding.cell.index >= len(texts):
            continue
        for scope, where in (("line", "this line"), ("cell", "this cell")):
            if scope == "line" and finding.span is None:
                continue
            title = f"Ignore {finding.code} {finding.name} {'on' if scope == 'line' else 'in'} {where}"
            edit = silencing(texts[finding.cell.index], finding, scope)  # type: ignore[arg-type]
            made = _edited(asking, [edit])
            if made is not None and title not in titles:
                titles.add(title)
                silencers.append(types.CodeAction(title, types.CodeActionKind.QuickFix, of, edit=made))
    # What repays stands above what silences.
    yield from silencers


def _cells(opened: Opened) -> Sequence[Any]:
    try:
        return read_notebook(opened.data, opened.path).cells
    except NbdebtError:
        return ()


def _fix(asking: Asking, fix: Fix, of: list[types.Diagnostic]) -> Iterator[types.CodeAction]:
    kind = types.CodeActionKind.QuickFix
    inside = [edit for edit in fix.edits if isinstance(edit, Insert | Replace | Move | Drop)]
    outside = [edit for edit in fix.edits if isinstance(edit, Declare | PinFile)]
    if outside:
        if asking.opened.path != "<notebook>":
            arguments = [asking.opened.uri, msgspec.to_builtins(outside)]
            doing = types.Command(fix.title, REPAY, arguments=arguments)
            yield types.CodeAction(fix.title, kind, of, command=doing)
        return
    title = fix.title if fix.safety == "safe" else f"{fix.title} (may change results)"
    made = _edited(asking, inside)
    if made is not None:
        preferred = fix.safety == "safe"
        yield types.CodeAction(title, kind, of, is_preferred=preferred or None, edit=made)
    elif asking.disabled and any(isinstance(edit, Move | Drop) for edit in inside):
        yield types.CodeAction(title, kind, of, disabled=types.CodeActionDisabled(_NO_MOVES))


def _fix_all(asking: Asking, kind: str) -> types.CodeAction | None:
    opened = asking.opened
    safe = [f for f in asking.report.findings if applicable(f, unsafe=False) and not _is_outside(f)]
    if not safe:
        return None
    try:
        after, titles, _ = fix_bytes(opened.data, opened.path, safe, False, asking.options)
    except NbdebtError:
        return None
    made = _edit_to(asking, after) if titles else None
    return None if made is None else types.CodeAction("Fix all that nbdebt can repay safely", kind, edit=made)


def _is_outside(finding: Finding) -> bool:
    return finding.fix is not None and any(isinstance(e, Declare | PinFile) for e in finding.fix.edits)


def _edited(asking: Asking, edits: Sequence[DocumentEdit]) -> types.WorkspaceEdit | None:
    """The edits as the editor makes them; None where it can't."""
    opened = asking.opened
    try:
        return _edit_to(asking, apply_edits(opened.data, opened.path, edits))
    except NbdebtError:
        return None


def _edit_to(asking: Asking, after: bytes) -> types.WorkspaceEdit | None:
    """What makes of the texts on the screen those of ``after``."""
    opened, codec = asking.opened, asking.codec
    if opened.kind != "cells":
        (part,) = opened.parts
        try:
            text = after.decode(encoding_of(after)) if opened.kind == "script" else after.decode()
        except (SyntaxError, UnicodeError, LookupError):
            return None
        return _workspace_edit(asking, {part.uri: changes(part.text, text, codec)})
    now = _texts_after(opened, after)
    if now is None:
        return None
    made = {part.uri: changes(part.text, text, codec) for part, text in zip(opened.parts, now, strict=True)}
    return _workspace_edit(asking, made)


def _texts_after(opened: Opened, after: bytes) -> list[str] | None:
    """The text of each cell after a fix; None where cells moved, which the protocol has no words for.

    A new cell goes to the top of the code cell behind it: it runs at the same moment there.
    """
    ids = [name for name, _ in sources(opened.data)]
    kinds = [cell.kind for cell in read_notebook(opened.data, opened.path).cells]
    texts: dict[str, str] = {}
    waiting: list[str] = []
    for name, source in sources(after):
        if name not in ids:
            waiting.append(source)
            continue
        if waiting and kinds[ids.index(name)] == "code" and not source.startswith("%%"):
            source = "\n\n".join([*waiting, source]) if source.strip() else "\n\n".join(waiting)
            waiting.clear()
        texts[name] = source
    if waiting or list(texts) != ids:
        return None
    return [texts[name] for name in ids]


def _workspace_edit(asking: Asking, made: dict[str, list[tuple[types.Range, str]]]) -> types.WorkspaceEdit:
    texts = {part.uri: part for part in asking.opened.parts}
    edits = {
        uri: [types.TextEdit(place, text) for place, text in changed]
        for uri, changed in made.items()
        if changed
    }
    if not asking.versions:
        return types.WorkspaceEdit(changes=edits)
    documents = [
        types.TextDocumentEdit(
            types.OptionalVersionedTextDocumentIdentifier(uri, texts[uri].version), list(changed)
        )
        for uri, changed in edits.items()
    ]
    return types.WorkspaceEdit(document_changes=list(documents))


def outside_edits(given: Any) -> list[Edit]:
    """The edits of a command's argument.

    Raises:
        NbdebtError: they are none.
    """
    try:
        found: list[Edit] = list(msgspec.convert(given, list[Declare | PinFile]))
    except msgspec.ValidationError as error:
        raise NbdebtError(f"{REPAY}: {error}") from None
    return found


__all__ = ["FIX_ALL", "NOTEBOOK_FIX_ALL", "REPAY", "SOURCE", "Asking", "actions", "outside_edits"]
