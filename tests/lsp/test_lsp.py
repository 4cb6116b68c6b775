"""``nbdebt lsp``, a real process, driven over standard input and output by a client: pytest-lsp."""

import ast
import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("pygls")
pytest_lsp = pytest.importorskip("pytest_lsp")

from lsprotocol import types  # noqa: E402
from pytest_lsp import ClientServerConfig, LanguageClient, client_capabilities  # noqa: E402

import nbdebt  # noqa: E402
from nbdebt.rules import catalogue  # noqa: E402

pytestmark = pytest.mark.asyncio(loop_scope="module")

EXAMPLES = Path(__file__).resolve().parents[2] / "example_notebooks"
COMMAND = [sys.executable, "-m", "nbdebt", "lsp"]
DRAWS = "import numpy as np\nx = np.random.rand(3)\n"
Edited = types.WorkspaceEdit | None


@pytest_lsp.fixture(config=ClientServerConfig(server_command=COMMAND), scope="module")
async def client(lsp_client: LanguageClient) -> AsyncIterator[None]:
    """One server for all tests, as an editor starts it."""
    able = client_capabilities("visual-studio-code")

    @lsp_client.feature(types.CLIENT_REGISTER_CAPABILITY)
    def register(params: types.RegistrationParams) -> None:
        assert [one.method for one in params.registrations] == [types.WORKSPACE_DID_CHANGE_WATCHED_FILES]

    await lsp_client.initialize_session(types.InitializeParams(capabilities=able, process_id=None))
    yield
    await lsp_client.shutdown_session()


class Editor:
    """What an editor does with one document."""

    def __init__(self, client: LanguageClient, path: Path) -> None:
        self.client = client
        self.path = path
        self.uri = path.as_uri()
        self.version = 1

    async def said(self, uri: str = "") -> Sequence[types.Diagnostic]:
        """What is said next of a text."""
        uri = uri or self.uri
        while uri not in self.client.diagnostics:
            # Long: it is there so that a failure isn't waited for forever.
            coming = self.client.wait_for_notification(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)
            await asyncio.wait_for(coming, 120)
        return list(self.client.diagnostics.pop(uri))

    async def open(self, text: str, language: str = "python") -> Sequence[types.Diagnostic]:
        item = types.TextDocumentItem(self.uri, language, self.version, text)
        self.client.text_document_did_open(types.DidOpenTextDocumentParams(item))
        return await self.said()

    async def change(
        self, *changes: tuple[tuple[int, int], tuple[int, int], str]
    ) -> Sequence[types.Diagnostic]:
        self.version += 1
        self.client.text_document_did_change(
            types.DidChangeTextDocumentParams(
                types.VersionedTextDocumentIdentifier(self.version, self.uri),
                [
                    types.TextDocumentContentChangePartial(
                        types.Range(types.Position(*start), types.Position(*end)), text
                    )
                    for start, end, text in changes
                ],
            )
        )
        return await self.said()

    async def actions(
        self, line: int, uri: str = "", only: Sequence[str] | None = None
    ) -> dict[str, types.CodeAction]:
        place = types.Range(types.Position(line, 0), types.Position(line, 0))
        found = await self.client.text_document_code_action_async(
            types.CodeActionParams(
                types.TextDocumentIdentifier(uri or self.uri), place, types.CodeActionContext([], only=only)
            )
        )
        return {action.title: action for action in found or [] if isinstance(action, types.CodeAction)}

    async def hover(self, line: int, character: int, uri: str = "") -> str:
        at = types.Position(line, character)
        found = await self.client.text_document_hover_async(
            types.HoverParams(types.TextDocumentIdentifier(uri or self.uri), at)
        )
        return found.contents.value if found and isinstance(found.contents, types.MarkupContent) else ""


def edited(text: str, edit: Edited, uri: str) -> str:
    """A text after an edit, applied as an editor applies it: from the end, in UTF-16 units."""
    assert edit is not None
    changes = [
        one
        for document in edit.document_changes or []
        if isinstance(document, types.TextDocumentEdit) and document.text_document.uri == uri
        for one in document.edits
    ]
    lines = text.split("\n")

    def offset(at: types.Position) -> int:
        return sum(len(line.encode("utf-16-le")) + 2 for line in lines[: at.line]) + at.character * 2

    raw = text.encode("utf-16-le")
    for change in sorted(changes, key=lambda c: offset(c.range.start), reverse=True):
        assert isinstance(change, types.TextEdit)
        start, end = offset(change.range.start), offset(change.range.end)
        raw = raw[:start] + change.new_text.encode("utf-16-le") + raw[end:]
    return raw.decode("utf-16-le")


def place(found: types.Diagnostic) -> tuple[int, int, int]:
    assert found.range.start.line == found.range.end.line
    return found.range.start.line, found.range.start.character, found.range.end.character


def codes(found: Sequence[types.Diagnostic]) -> list[Any]:
    return sorted(str(one.code) for one in found)


async def test_a_script_is_followed_while_it_is_typed(client: LanguageClient, tmp_path: Path) -> None:
    editor = Editor(client, tmp_path / "draws.py")
    (first,) = await editor.open(f"# %%\n{DRAWS}")
    assert (first.code, first.source, first.severity) == (
        "NBD201",
        "nbdebt",
        types.DiagnosticSeverity.Warning,
    )
    assert place(first) == (2, 4, 21)
    assert "Seed" in first.message
    # A character that takes two units, before the draw, on its line.
    (moved,) = await editor.change(((2, 0), (2, 0), "y = '😀'; "))
    assert place(moved) == (2, 14, 31)
    assert await editor.change(((1, 18), (1, 18), "\nnp.random.seed(1)")) == []
    (again,) = await editor.change(((2, 0), (3, 0), ""), ((0, 4), (0, 4), " a title"))
    assert place(again) == (2, 14, 31)
    client.text_document_did_close(types.DidCloseTextDocumentParams(types.TextDocumentIdentifier(editor.uri)))
    assert await editor.said() == []


async def test_lines_end_where_the_editor_ends_them(client: LanguageClient, tmp_path: Path) -> None:
    editor = Editor(client, tmp_path / "ends.py")
    (first,) = await editor.open("# %%\r\ns = 'a\u2028b\x0cc'\r\nimport random\r\nx = random.random()\r\n")
    assert place(first) == (3, 4, 19)
    (second,) = await editor.change(((1, 4), (1, 4), "'\u2028' + "))
    assert place(second) == (3, 4, 19)
    assert await editor.change(((3, 0), (3, 19), "x = 1")) == []


async def test_a_script_is_repaired(client: LanguageClient, tmp_path: Path) -> None:
    editor = Editor(client, tmp_path / "repair.py")
    text = f"# %%\ne = '😀'\n\n# %%\n{DRAWS}"
    await editor.open(text)
    offered = await editor.actions(5)
    fix = next(action for title, action in offered.items() if title.startswith("Seed"))
    assert fix.is_preferred and fix.kind == types.CodeActionKind.QuickFix
    assert [d.code for d in fix.diagnostics or []] == ["NBD201"]
    assert edited(text, fix.edit, editor.uri) == text.replace("as np\n", "as np\nnp.random.seed(42)\n")
    line = offered["Ignore NBD201 unseeded-draw on this line"]
    cell = offered["Ignore NBD201 unseeded-draw in this cell"]
    assert edited(text, line.edit, editor.uri) == text.replace(
        "rand(3)", "rand(3)  # nbdebt: ignore[unseeded-draw]"
    )
    assert edited(text, cell.edit, editor.uri) == text.replace(
        "import numpy", "# nbdebt: ignore-cell[unseeded-draw]\nimport numpy"
    )
    # Where nothing is found nothing is offered; all at once only to who asks for it.
    assert await editor.actions(0) == {}
    (every,) = (await editor.actions(0, only=["source.fixAll"])).values()
    assert "seed(42)" in edited(text, every.edit, editor.uri)


async def test_pages_are_shown_where_somebody_points(client: LanguageClient, tmp_path: Path) -> None:
    editor = Editor(client, tmp_path / "pages.py")
    await editor.open(f"# %%\n{DRAWS}y = np.random.rand()  # nbdebt: ignore[unseeded-draw]\n")
    page = catalogue()["NBD201"].page.strip()
    found = await editor.hover(2, 8)
    assert found.startswith("**NBD201 unseeded-draw**") and page in found
    assert page in await editor.hover(3, 45)
    assert await editor.hover(1, 3) == ""


@pytest.mark.parametrize(
    ("name", "text"),
    [("module.py", DRAWS), ("settings.json", '{"cells": 1}')],
    ids=["no cells", "no notebook"],
)
async def test_of_other_files_nothing_is_said(
    client: LanguageClient, tmp_path: Path, name: str, text: str
) -> None:
    other = Editor(client, tmp_path / name)
    item = types.TextDocumentItem(other.uri, "python", 1, text)
    client.text_document_did_open(types.DidOpenTextDocumentParams(item))
    assert await other.actions(1) == {}
    # Whoever asks later is answered later.
    await Editor(client, tmp_path / "later.py").open(f"# %%\n{DRAWS}")
    assert other.uri not in client.diagnostics


class Book(Editor):
    """A notebook as VS Code sends it."""

    def __init__(self, client: LanguageClient, path: Path) -> None:
        super().__init__(client, path)
        self.cells: list[str] = []

    def address(self, name: str) -> str:
        return f"vscode-notebook-cell:{self.path}#{name}"

    def cell(self, name: str, count: int | None, kind: str = "code", tags: Sequence[str] = ()) -> Any:
        summary = types.ExecutionSummary(count) if count is not None else None
        which = types.NotebookCellKind.Code if kind != "markdown" else types.NotebookCellKind.Markup
        metadata = {"id": name, "metadata": {"tags": list(tags)}}
        return types.NotebookCell(which, self.address(name), metadata, summary)

    def text(self, name: str, text: str, language: str = "python") -> types.TextDocumentItem:
        return types.TextDocumentItem(self.address(name), language, 1, text)

    def open_cells(self, *cells: tuple[Any, types.TextDocumentItem]) -> None:
        metadata = {"metadata": {"language_info": {"name": "python"}}, "nbformat": 4}
        notebook = types.NotebookDocument(
            self.uri, "jupyter-notebook", 1, [cell for cell, _ in cells], metadata
        )
        self.client.notebook_document_did_open(
            types.DidOpenNotebookDocumentParams(notebook, [text for _, text in cells])
        )

    def change_cells(self, change: types.NotebookDocumentCellChanges) -> None:
        self.version += 1
        self.client.notebook_document_did_change(
            types.DidChangeNotebookDocumentParams(
                types.VersionedNotebookDocumentIdentifier(self.version, self.uri),
                types.NotebookDocumentChangeEvent(cells=change),
            )
        )


async def test_a_notebook_is_followed_cell_by_cell(client: LanguageClient, tmp_path: Path) -> None:
    book = Book(client, tmp_path / "book.ipynb")
    book.open_cells(
        (book.cell("m", None, "markdown"), book.text("m", "# Title", "markdown")),
        (book.cell("a", 3), book.text("a", "print(y)")),
        (book.cell("b", 2), book.text("b", "import random\ny = '😀', random.random()")),
        (book.cell("s", 1), book.text("s", "SELECT 1 FROM y", "sql")),
    )
    (early,) = await book.said(book.address("a"))
    assert early.code == "NBD103" or early.severity == types.DiagnosticSeverity.Error
    assert early.related_information is not None
    (draw,) = await book.said(book.address("b"))
    # UTF-16: the smile takes two.
    assert (draw.code, place(draw)) == ("NBD201", (1, 10, 25))
    assert not client.diagnostics.get(book.address("s"))

    offered = await book.actions(1, book.address("b"))
    fix = next(action for title, action in offered.items() if title.startswith("Seed"))
    text = edited("import random\ny = '😀', random.random()", fix.edit, book.address("b"))
    assert (
        text.startswith("import random\n")
        and "random.seed(42)" in text
        and text.endswith("y = '😀', random.random()")
    )
    moves = await book.actions(0, book.address("a"))
    assert any(action.disabled is not None for action in moves.values())
    (every,) = (await book.actions(0, book.address("a"), ["notebook.source.fixAll"])).values()
    assert edited("import random\ny = '😀', random.random()", every.edit, book.address("b")) == text

    # The cell that makes `y` goes before the one that reads it, and is run anew.
    book.change_cells(
        types.NotebookDocumentCellChanges(
            structure=types.NotebookDocumentCellChangeStructure(
                types.NotebookCellArrayChange(1, 2, [book.cell("b", 4), book.cell("a", 5)])
            ),
            text_content=[
                types.NotebookDocumentCellContentChanges(
                    types.VersionedTextDocumentIdentifier(2, book.address("b")),
                    [
                        types.TextDocumentContentChangePartial(
                            types.Range(types.Position(1, 4), types.Position(1, 25)), "1"
                        )
                    ],
                )
            ],
        )
    )
    assert await book.said(book.address("a")) == []
    assert await book.said(book.address("b")) == []


async def test_outputs_are_those_of_the_file(client: LanguageClient, tmp_path: Path) -> None:
    """What editors don't send is read where the cell is as it was saved."""
    book = Book(client, tmp_path / "saved.ipynb")
    output = {"output_type": "stream", "name": "stdout", "text": ["2\n"]}
    cells = [
        {
            "cell_type": "code",
            "id": "a",
            "metadata": {},
            "source": "x = 1",
            "execution_count": 1,
            "outputs": [],
        },
        {
            "cell_type": "code",
            "id": "b",
            "metadata": {},
            "source": "print(x)",
            "execution_count": 2,
            "outputs": [output],
        },
    ]
    document = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells}
    book.path.write_text(json.dumps(document), encoding="utf-8")
    book.open_cells(
        (book.cell("a", 1), book.text("a", "x = 1")), (book.cell("b", 2), book.text("b", "print(x)"))
    )
    found = await book.said(book.address("b"))
    alone = subprocess.run(
        [sys.executable, "-m", "nbdebt", "check", "--output-format", "json", str(book.path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert codes(found) == [f["code"] for f in json.loads(alone.stdout)["findings"]] != []


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.ipynb")), ids=lambda path: path.stem)
async def test_an_editor_shows_what_a_check_finds(client: LanguageClient, path: Path) -> None:
    """All example notebooks, as VS Code opens them: the same findings, in the same cells."""
    book = Book(client, path)
    cells = []
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        source, kind = "".join(cell["source"]), cell["cell_type"]
        language = "python" if kind == "code" else "markdown"
        made = book.cell(cell["id"], cell.get("execution_count"), kind, cell["metadata"].get("tags", []))
        cells.append((made, book.text(cell["id"], source, language)))
    found = nbdebt.check(path).findings
    book.open_cells(*cells)
    for name in dict.fromkeys(finding.cell.id for finding in found if finding.cell):
        said = await book.said(book.address(name))
        here = [f for f in found if f.cell and f.cell.id == name]
        assert codes(said) == sorted(f.code for f in here)
        lines = {(f.span.line - 1, f.span.end_line - 1) for f in here if f.span}
        assert {(one.range.start.line, one.range.end.line) for one in said} == lines
        for one in said:
            assert await book.actions(one.range.start.line, book.address(name))
    cell_names = [types.TextDocumentIdentifier(text.uri) for _, text in cells]
    client.notebook_document_did_close(
        types.DidCloseNotebookDocumentParams(types.NotebookDocumentIdentifier(book.uri), cell_names)
    )


@pytest.mark.parametrize(
    "text",
    ["", "{", '{"cells": 3}', '{"cells": [{"cell_type": "code"}], "nbformat": 4}', "[1]", "\x00", "{}" * 10],
)
async def test_a_broken_notebook_is_survived(client: LanguageClient, tmp_path: Path, text: str) -> None:
    editor = Editor(client, tmp_path / "broken.ipynb")
    item = types.TextDocumentItem(editor.uri, "json", 1, text)
    client.text_document_did_open(types.DidOpenTextDocumentParams(item))
    await editor.actions(0)
    await editor.hover(0, 0)
    (found,) = await Editor(client, tmp_path / "after.py").open(f"# %%\n{DRAWS}")
    assert found.code == "NBD201"
    client.text_document_did_close(types.DidCloseTextDocumentParams(types.TextDocumentIdentifier(editor.uri)))


async def test_what_no_editor_should_send_is_survived(client: LanguageClient, tmp_path: Path) -> None:
    """Of what isn't open, beyond the end, halves of characters: nobody is told, and all goes on."""
    before = len(client.messages)
    book = Book(client, tmp_path / "unknown.ipynb")
    book.change_cells(types.NotebookDocumentCellChanges(data=[book.cell("a", 1)]))
    client.notebook_document_did_close(
        types.DidCloseNotebookDocumentParams(types.NotebookDocumentIdentifier(book.uri), [])
    )
    assert await book.actions(3) == {} and await book.hover(3, 3) == ""
    # A notebook one of whose cells has no text.
    notebook = types.NotebookDocument(book.uri, "jupyter-notebook", 1, [book.cell("a", 1), book.cell("b", 2)])
    text = book.text("b", "import random\nx = '\ud83d', random.random()")
    client.notebook_document_did_open(types.DidOpenNotebookDocumentParams(notebook, [text]))
    (found,) = await book.said(book.address("b"))
    assert place(found) == (1, 9, 24)
    editor = Editor(client, tmp_path / "ends.py")
    await editor.open(f"# %%\n{DRAWS}")
    (found,) = await editor.change(((99, 99), (99, 99), "\ny = 1"))
    assert found.code == "NBD201"
    assert len(client.messages) == before


async def test_the_json_of_a_notebook_is_marked_and_mended(client: LanguageClient, tmp_path: Path) -> None:
    editor = Editor(client, tmp_path / "raw.ipynb")
    cell = {"cell_type": "code", "metadata": {}, "execution_count": 1, "outputs": [], "id": "a"}
    cell["source"] = DRAWS.splitlines(keepends=True)
    document = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [cell]}
    text = json.dumps(document, indent=1)
    (found,) = await editor.open(text, "json")
    assert "np.random.rand(3)" in text.split("\n")[found.range.start.line]
    offered = await editor.actions(found.range.start.line)
    fix = next(action for title, action in offered.items() if title.startswith("Seed"))
    now = json.loads(edited(text, fix.edit, editor.uri))
    assert "np.random.seed(42)\n" in now["cells"][0]["source"]


async def test_settings_are_those_of_the_project(client: LanguageClient, tmp_path: Path) -> None:
    settings = tmp_path / "pyproject.toml"
    settings.write_text('[tool.nbdebt]\nignore = ["unseeded-draw"]\nseed = 7\n', encoding="utf-8")
    editor = Editor(client, tmp_path / "settings.py")
    other = Editor(client, tmp_path / "left" / "out.py")
    item = types.TextDocumentItem(editor.uri, "python", 1, f"# %%\n{DRAWS}")
    client.text_document_did_open(types.DidOpenTextDocumentParams(item))
    assert await editor.actions(2) == {}

    def changed() -> None:
        event = types.FileEvent(settings.as_uri(), types.FileChangeType.Changed)
        client.workspace_did_change_watched_files(types.DidChangeWatchedFilesParams([event]))

    settings.write_text('[tool.nbdebt]\nseed = 7\nexclude = ["left"]\n', encoding="utf-8")
    changed()
    (found,) = await editor.said()
    assert found.code == "NBD201"
    offered = await editor.actions(2)
    assert any("seed(7)" in edited(f"# %%\n{DRAWS}", a.edit, editor.uri) for a in offered.values() if a.edit)
    excluded = types.TextDocumentItem(other.uri, "python", 1, f"# %%\n{DRAWS}")
    client.text_document_did_open(types.DidOpenTextDocumentParams(excluded))
    assert await other.actions(2) == {}

    before = len(client.messages)
    settings.write_text("[tool.nbdebt]\nselekt = []\n", encoding="utf-8")
    changed()
    assert await editor.said() == []
    (complaint,) = client.messages[before:]
    assert "selekt" in complaint.message
    # What the editor is told goes before the file, which is right again.
    settings.write_text("[tool.nbdebt]\n", encoding="utf-8")
    for told, status in (({"nbdebt": {"select": ["data"]}}, 0), ({"nbdebt": {}}, 1)):
        client.workspace_did_change_configuration(types.DidChangeConfigurationParams(told))
        assert len(await editor.actions(2)) == status * 3


async def test_what_lies_outside_is_written_by_the_server(client: LanguageClient, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.nbdebt]\n", encoding="utf-8")
    editor = Editor(client, tmp_path / "writes.py")
    (found,) = await editor.open('# %%\nopen("out.txt", "w").write("1")\n')
    assert (found.code, found.severity) == ("NBD301", types.DiagnosticSeverity.Information)
    here = types.Range(types.Position(1, 0), types.Position(1, 0))
    offered = await client.text_document_code_action_async(
        types.CodeActionParams(types.TextDocumentIdentifier(editor.uri), here, types.CodeActionContext([]))
    )
    # lsprotocol reads an action that has a command as that command.
    (action,) = (one for one in offered or [] if isinstance(one, types.Command))
    assert action.title == "Declare `out.txt` as an output"
    command = ast.literal_eval(action.command)
    await client.workspace_execute_command_async(
        types.ExecuteCommandParams(command["command"], arguments=command["arguments"])
    )
    assert await editor.said() == []
    assert "out.txt" in (tmp_path / "pyproject.toml").read_text(encoding="utf-8")


@pytest.mark.parametrize("leaves", ["politely", "at once", "in the middle"])
async def test_it_ends_quietly_when_the_editor_leaves(leaves: str) -> None:
    process = await asyncio.create_subprocess_exec(
        *COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdin is not None and process.stdout is not None and process.stderr is not None

    def send(method: str, number: int | None, params: Any) -> None:
        message = {"jsonrpc": "2.0", "method": method, "params": params}
        data = json.dumps(message if number is None else {**message, "id": number}).encode()
        assert process.stdin is not None
        process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(data), data))

    if leaves != "at once":
        send("initialize", 1, {"capabilities": {}, "processId": None, "rootUri": None})
        await process.stdout.readline()
        document = {
            "uri": "file:///nowhere/a.py",
            "languageId": "python",
            "version": 1,
            "text": f"# %%\n{DRAWS}",
        }
        send("textDocument/didOpen", None, {"textDocument": document})
    if leaves == "politely":
        send("shutdown", 2, None)
        send("exit", None, None)
    process.stdin.close()
    said = await process.stderr.read()
    assert said == b""
    assert await process.wait() in (0, 1)


async def test_without_pygls_it_says_what_to_install(tmp_path: Path) -> None:
    (tmp_path / "pygls.py").write_text("raise ImportError('gone', name='pygls')\n", encoding="utf-8")
    program = f"import sys; sys.path.insert(0, {str(tmp_path)!r}); from nbdebt.__main__ import main; main()"
    done = subprocess.run([sys.executable, "-c", program, "lsp"], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "pip install 'nbdebt[lsp]'" in done.stderr
