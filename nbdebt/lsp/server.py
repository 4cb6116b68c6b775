"""The server: what the editor sends, and what it is sent. Source: LSP 3.17; pygls, "Language servers"."""

import asyncio
import logging
import os
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import msgspec
from lsprotocol import types
from pygls.lsp.server import LanguageServer
from pygls.uris import to_fs_path

from nbdebt import __version__
from nbdebt.config import codes, forget_settings, load_settings
from nbdebt.data.repay import apply_outside_edits
from nbdebt.discover import directory_of, excluded
from nbdebt.engine import CheckOptions, check_data
from nbdebt.lsp.actions import FIX_ALL, NOTEBOOK_FIX_ALL, REPAY, Asking, actions, outside_edits
from nbdebt.lsp.findings import diagnostics, hover
from nbdebt.lsp.opened import OnDisk, Opened, open_notebook, open_text
from nbdebt.lsp.texts import Texts
from nbdebt.model.errors import ConfigurationError, NbdebtError
from nbdebt.model.finding import Report
from nbdebt.rules import catalogue

# Who types isn't followed letter by letter.
_PAUSE = 0.2
_WATCHED = "**/{pyproject.toml,nbdebt.toml,nbdebt.lock}"
_NOTHING = Report(())
_log = logging.getLogger("nbdebt.lsp")

_NOTEBOOKS = types.NotebookDocumentSyncOptions(
    # All cells, of any language: what stands between two cells of code counts as a cell, too.
    notebook_selector=[types.NotebookDocumentFilterWithNotebook(notebook="jupyter-notebook")],
    save=True,
)


class Options(msgspec.Struct, rename="kebab", forbid_unknown_fields=True):
    """``initializationOptions``, and ``nbdebt`` of ``workspace/didChangeConfiguration``.

    As the options of ``nbdebt check``: over what the configuration file says.
    """

    select: list[str] = []
    ignore: list[str] = []
    extend_select: list[str] = []
    exclude: list[str] = []
    config: str | None = None
    isolated: bool = False

    def checking(self) -> CheckOptions:
        """What the engine is told.

        Raises:
            ConfigurationError: a selector stands for no rule, or the file isn't there.
        """
        for selectors in (self.select, self.ignore, self.extend_select):
            codes(selectors, catalogue())
        if self.config is not None and not Path(self.config).is_file():
            raise ConfigurationError(f"`config`: there is no file {self.config}")
        return CheckOptions(
            select=tuple(self.select),
            ignore=tuple(self.ignore),
            extend_select=tuple(self.extend_select),
            exclude=tuple(self.exclude),
            config=self.config,
            isolated=self.isolated,
            cache=False,
        )


class Server(LanguageServer):
    """Knows what is open, and what was said of it."""

    def __init__(self, options: Options) -> None:
        super().__init__("nbdebt", __version__, notebook_document_sync=_NOTEBOOKS, max_workers=2)
        self.options = options.checking()
        self.disk = OnDisk()
        # One at a time, in the order of asking: a document that is typed in isn't checked by many at once.
        self._checking = ThreadPoolExecutor(1, thread_name_prefix="nbdebt")
        self._known: dict[str, tuple[Opened, Report]] = {}
        self._waiting: dict[str, asyncio.Task[None]] = {}
        self._shown: dict[str, set[str]] = {}
        self._complaint = ""

    def report_server_error(self, error: Exception, source: Any) -> None:
        """Write down what went wrong; whoever types can do nothing about it."""
        _log.error("%s: %s", getattr(source, "__name__", source), error, exc_info=error)

    def opened(self, uri: str) -> Opened | None:
        """The notebook that an address means: of the notebook, of a cell, or of a text."""
        texts: Texts = self.workspace  # type: ignore[assignment]
        notebook = texts.get_notebook_document(notebook_uri=uri) or texts.get_notebook_document(cell_uri=uri)
        return (
            open_notebook(texts, notebook.uri, self.disk) if notebook is not None else open_text(texts, uri)
        )

    async def known(self, uri: str) -> tuple[Opened, Report] | None:
        """A document as it is now, and what is to be said of it; None where it is no notebook."""
        opened = self.opened(uri)
        if opened is None:
            return None
        found = self._known.get(opened.uri)
        if found is not None and found[0] == opened:
            return found
        loop = asyncio.get_running_loop()
        try:
            report = await loop.run_in_executor(self._checking, _check, opened, self.options)
            self._complaint = ""
        except ConfigurationError as error:
            report = _NOTHING
            self._complain(str(error))
        known = self._known[opened.uri] = (opened, report)
        return known

    def _complain(self, text: str) -> None:
        """Say what is wrong with the configuration, once."""
        if text != self._complaint:
            self._complaint = text
            self.window_show_message(types.ShowMessageParams(types.MessageType.Error, f"nbdebt: {text}"))

    def changed(self, uri: str, pause: float = _PAUSE) -> None:
        """A document is another one now: say soon what is to be said of it."""
        if (waiting := self._waiting.pop(uri, None)) is not None:
            waiting.cancel()
        task = asyncio.ensure_future(self._say(uri, pause))
        self._waiting[uri] = task
        task.add_done_callback(lambda done: self._done(uri, done))

    def _done(self, uri: str, task: "asyncio.Task[None]") -> None:
        if self._waiting.get(uri) is task:
            del self._waiting[uri]
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error("%s could not be checked", uri, exc_info=error)

    async def _say(self, uri: str, pause: float) -> None:
        await asyncio.sleep(pause)
        known = await self.known(uri)
        if known is None:
            self._show(uri, {}, {})
            return
        opened, report = known
        found = diagnostics(report, opened, self.workspace.position_codec)
        self._show(uri, found, {part.uri: part.version for part in opened.parts})

    def _show(
        self, uri: str, found: Mapping[str, list[types.Diagnostic]], versions: Mapping[str, int | None]
    ) -> None:
        """Send what is to be shown of a document, and take away what was shown of cells that are gone."""
        before = self._shown.get(uri, set())
        for text in sorted(before - set(found)):
            self.text_document_publish_diagnostics(types.PublishDiagnosticsParams(text, []))
        for text, items in found.items():
            if items or text in before:
                self.text_document_publish_diagnostics(
                    types.PublishDiagnosticsParams(text, items, versions.get(text))
                )
        # Of other Python, nothing is ever said.
        self._shown[uri] = {text for text, items in found.items() if items}

    def closed(self, uri: str) -> None:
        """A document is no longer open: forget it, and take away what was shown."""
        if (waiting := self._waiting.pop(uri, None)) is not None:
            waiting.cancel()
        self._known.pop(uri, None)
        if path := to_fs_path(uri):
            self.disk.forget(path)
        self._show(uri, {}, {})
        self._shown.pop(uri, None)

    def again(self) -> None:
        """What documents are judged by has changed: check all anew."""
        self._known.clear()
        notebooks = list(self.workspace.notebook_documents.values())
        cells = {cell.document for notebook in notebooks for cell in notebook.cells}
        for uri in (*(n.uri for n in notebooks), *(t.uri for t in self.workspace.text_documents.values())):
            if uri not in cells:
                self.changed(uri, 0.0)

    def take_options(self, given: Any) -> None:
        """Take what the editor has been told about nbdebt; what can't be understood is said, and left out."""
        if not isinstance(given, Mapping):
            return
        own = given.get("nbdebt", given)
        try:
            self.options = msgspec.convert(own, Options).checking()
        except (msgspec.ValidationError, ConfigurationError) as error:
            self._complain(f"the editor's settings: {error}")


def _check(opened: Opened, options: CheckOptions) -> Report:
    """What is to be said of a document. It lives long, and configuration files are edited meanwhile."""
    forget_settings()
    directory = directory_of(opened.path)
    settings = load_settings(directory, Path(options.config) if options.config else None, options.isolated)
    shown = os.path.relpath(opened.path, settings.root) if settings.root else opened.path
    if excluded(shown, (*settings.exclude, *options.exclude)):
        return _NOTHING
    return check_data(opened.data, opened.path, options)


def _can(found: Any, *names: str) -> Any:
    """A capability of the editor; None where it says nothing of it."""
    for name in names:
        found = getattr(found, name, None)
    return found


def make_server(options: Options | None = None) -> Server:
    """A server with all that it does.

    Args:
        options: what it starts with; the editor's go before them.

    Raises:
        ConfigurationError: one of them is wrong.
    """
    server = Server(options or Options())

    @server.feature(types.INITIALIZE)
    def initialize(params: types.InitializeParams) -> None:
        made = server.workspace
        kind = types.TextDocumentSyncKind.Incremental
        encoding = made.position_encoding
        server.protocol._workspace = Texts(made.root_uri, kind, list(made.folders.values()), encoding)
        if params.initialization_options is not None:
            server.take_options(params.initialization_options)

    @server.feature(types.INITIALIZED)
    async def initialized(params: types.InitializedParams) -> None:
        if not _can(
            server.client_capabilities, "workspace", "did_change_watched_files", "dynamic_registration"
        ):
            return
        watchers = [types.FileSystemWatcher(_WATCHED)]
        options = types.DidChangeWatchedFilesRegistrationOptions(watchers)
        wanted = types.Registration("nbdebt-files", types.WORKSPACE_DID_CHANGE_WATCHED_FILES, options)
        await server.client_register_capability_async(types.RegistrationParams([wanted]))

    @server.feature(types.NOTEBOOK_DOCUMENT_DID_OPEN)
    def notebook_opened(params: types.DidOpenNotebookDocumentParams) -> None:
        server.changed(params.notebook_document.uri, 0.0)

    @server.feature(types.NOTEBOOK_DOCUMENT_DID_CHANGE)
    def notebook_changed(params: types.DidChangeNotebookDocumentParams) -> None:
        server.changed(params.notebook_document.uri)

    @server.feature(types.NOTEBOOK_DOCUMENT_DID_SAVE)
    def notebook_saved(params: types.DidSaveNotebookDocumentParams) -> None:
        server.changed(params.notebook_document.uri, 0.0)

    @server.feature(types.NOTEBOOK_DOCUMENT_DID_CLOSE)
    def notebook_closed(params: types.DidCloseNotebookDocumentParams) -> None:
        server.closed(params.notebook_document.uri)

    @server.feature(types.TEXT_DOCUMENT_DID_OPEN)
    def text_opened(params: types.DidOpenTextDocumentParams) -> None:
        server.changed(params.text_document.uri, 0.0)

    @server.feature(types.TEXT_DOCUMENT_DID_CHANGE)
    def text_changed(params: types.DidChangeTextDocumentParams) -> None:
        server.changed(params.text_document.uri)

    @server.feature(types.TEXT_DOCUMENT_DID_SAVE)
    def text_saved(params: types.DidSaveTextDocumentParams) -> None:
        server._known.pop(params.text_document.uri, None)
        server.changed(params.text_document.uri, 0.0)

    @server.feature(types.TEXT_DOCUMENT_DID_CLOSE)
    def text_closed(params: types.DidCloseTextDocumentParams) -> None:
        server.closed(params.text_document.uri)

    @server.feature(types.WORKSPACE_DID_CHANGE_WATCHED_FILES)
    def files_changed(params: types.DidChangeWatchedFilesParams) -> None:
        server.again()

    @server.feature(types.WORKSPACE_DID_CHANGE_CONFIGURATION)
    def configured(params: types.DidChangeConfigurationParams) -> None:
        server.take_options(params.settings)
        server.again()

    @server.feature(types.TEXT_DOCUMENT_HOVER)
    async def pointed_at(params: types.HoverParams) -> types.Hover | None:
        known = await server.known(params.text_document.uri)
        if known is None:
            return None
        opened, report = known
        codec = server.workspace.position_codec
        return hover(report, opened, params.text_document.uri, params.position, codec)

    kinds = [types.CodeActionKind.QuickFix, FIX_ALL, NOTEBOOK_FIX_ALL]

    @server.feature(types.TEXT_DOCUMENT_CODE_ACTION, types.CodeActionOptions(code_action_kinds=kinds))
    async def offered(params: types.CodeActionParams) -> list[types.CodeAction] | None:
        known = await server.known(params.text_document.uri)
        if known is None:
            return None
        opened, report = known
        able = server.client_capabilities
        asking = Asking(
            report,
            opened,
            server.workspace.position_codec,
            server.options,
            bool(_can(able, "workspace", "workspace_edit", "document_changes")),
            bool(_can(able, "text_document", "code_action", "disabled_support")),
        )
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(server._checking, actions, asking, params)

    @server.command(REPAY)
    def repay(uri: str, edits: Any) -> None:
        opened = server.opened(uri)
        try:
            if opened is None or opened.path == "<notebook>":
                raise NbdebtError("the notebook is no file: save it first")
            wanted = outside_edits(edits)
            settings = load_settings(directory_of(opened.path))
            files = apply_outside_edits(wanted, opened.path, settings)
        except NbdebtError as error:
            server.window_show_message(types.ShowMessageParams(types.MessageType.Error, f"nbdebt: {error}"))
            return
        names = ", ".join(file.name for file in files)
        server.window_show_message(
            types.ShowMessageParams(types.MessageType.Info, f"nbdebt: written to {names}")
        )
        server.again()

    return server


def serve(options: Options) -> None:
    """Serve over standard input and output until the editor leaves.

    Raises:
        ConfigurationError: one of the options is wrong.
    """
    server = make_server(options)
    # The two streams are the protocol's alone: a program that is asked (git) reads nothing of the one, and
    # what a rule of another package prints doesn't get into the other.
    reads, writes = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nowhere, 0)
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    server.start_io(reads, writes)
