"""An extension of Jupyter's server: what a front end asks where no kernel records.

``POST /nbdebt/check`` takes ``{"path": ..., "notebook": ...}``, the document as it is on the screen and where
it lies below the server's root, and answers what ``nbdebt check --output-format json`` prints of it.
``GET /nbdebt/explain/CODE`` is the page of a rule, in Markdown. ``POST /nbdebt/data`` says what comes in and
goes out, ``flow`` how data flow between cells, ``pin`` and ``declare`` write into the project
(``nbdebt.lock``, the configuration), below the server's root only; ``export`` makes a script of a document,
and runs it only where that is asked for, by somebody who may run code. What is asked and answered:
``nbdebt/report/wire.schema.json``. All want a login, as the server's own API does, and whoever may not write
there may not do so here.

Loaded by ``jupyter_server_config.d/nbdebt.json``, which the wheel puts where the server looks for it. Jupyter
Server is no requirement of nbdebt: whoever loads this has it.
"""

import asyncio
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import msgspec
import tornado.web
from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import APIHandler
from jupyter_server.utils import ensure_async, url_path_join

from nbdebt import __version__
from nbdebt.model.errors import ConfigurationError, NbdebtError
from nbdebt.rules import catalogue
from nbdebt.server import documents, exports
from nbdebt.server.documents import Asked, check, os_path

__all__ = ["VERSION", "Check", "Explain", "check", "os_path"]

VERSION = 1
"""Of the wire."""
# One at a time: who types in a large notebook asks again before the last answer is there.
_checking = ThreadPoolExecutor(1, thread_name_prefix="nbdebt")


class _Asking(APIHandler):
    """Reads bodies, and knows what is served."""

    auth_resource = "contents"

    def asked(self) -> Asked:
        """The body."""
        try:
            return msgspec.json.decode(self.request.body, type=Asked)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise tornado.web.HTTPError(400, f"the body is no request: {error}") from None

    async def out_of_the_way(self, does: Callable[..., Any], *given: Any) -> Any:
        """Do it where it keeps nobody waiting."""
        root = str(getattr(self.contents_manager, "root_dir", "") or "")
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(_checking, lambda: does(*given, root))
        except ConfigurationError as error:
            raise tornado.web.HTTPError(422, str(error), reason="Wrong configuration") from None
        except NbdebtError as error:
            raise tornado.web.HTTPError(422, str(error), reason="Can't be done") from None

    def answer(self, found: dict[str, Any]) -> None:
        """Answer as a kernel would."""
        self.set_header("X-Nbdebt-Version", __version__)
        self.finish(msgspec.json.encode({"version": VERSION, "kind": "answer", "id": 0, "ok": True, **found}))


class Check(_Asking):
    """Checks a notebook that the front end sends."""

    @tornado.web.authenticated
    @authorized(action="read")
    async def post(self) -> None:
        """Answer the report on the notebook in the body."""
        asked = self.asked()
        if bytes(asked.notebook) == b"null":
            raise tornado.web.HTTPError(400, "the body is no request: it has no notebook")
        found = await self.out_of_the_way(check, bytes(asked.notebook), asked.path)
        self.set_header("X-Nbdebt-Version", __version__)
        self.finish(msgspec.json.encode(found))


class _Doing(_Asking):
    """Does one thing with what is asked."""

    def initialize(self, does: Callable[[Asked, str], dict[str, Any]]) -> None:
        """Take what is to be done."""
        self.does = does


class Look(_Doing):
    """Says something of a document: what comes in and goes out, how data flow."""

    @tornado.web.authenticated
    @authorized(action="read")
    async def post(self) -> None:
        """Answer it."""
        self.answer(await self.out_of_the_way(self.does, self.asked()))


class Repay(_Doing):
    """Writes into the project: a pin, a declaration."""

    @tornado.web.authenticated
    @authorized(action="write")
    async def post(self) -> None:
        """Do it, and answer what was done."""
        self.answer(await self.out_of_the_way(self.does, self.asked()))


class Export(_Asking):
    """A document as something else: whoever wants it run must be one who may run code here."""

    @tornado.web.authenticated
    @authorized(action="read")
    async def post(self) -> None:
        """Answer the export, or which job runs it."""
        asked = self.asked()
        if asked.verify and not await self.may_run():
            raise tornado.web.HTTPError(403, "running code is not allowed to you here")
        self.answer(await self.out_of_the_way(exports.verify if asked.verify else exports.export, asked))

    async def may_run(self) -> bool:
        """Whether who asks may run code."""
        allowed = self.authorizer.is_authorized(self, self.current_user, "execute", "kernels")
        return bool(await ensure_async(allowed))


class Explain(APIHandler):
    """The pages of rules."""

    auth_resource = "contents"

    @tornado.web.authenticated
    @authorized(action="read")
    async def get(self, code: str) -> None:
        """Answer the page of the rule with this code."""
        rule = catalogue().get(code.upper())
        if rule is None:
            raise tornado.web.HTTPError(404, f"there is no rule {code}")
        self.finish(rule.markdown, set_content_type="text/markdown; charset=utf-8")


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    """What Jupyter Server asks a package that it loads."""
    return [{"module": "nbdebt.server"}]


def _load_jupyter_server_extension(app: Any) -> None:
    """Add the addresses. Kernels that this server starts know that its front end understands them."""
    web = app.web_app
    base = url_path_join(web.settings["base_url"], "nbdebt")
    handlers: list[tuple[Any, ...]] = [
        ("check", Check),
        ("data", Look, {"does": documents.data}),
        ("flow", Look, {"does": documents.flow}),
        ("pin", Repay, {"does": documents.pin}),
        ("declare", Repay, {"does": documents.declare}),
        ("export", Export),
        ("export-result", Look, {"does": exports.result}),
        ("export-stop", Look, {"does": exports.stop}),
        (r"explain/(\w+)", Explain),
    ]
    web.add_handlers(".*$", [(url_path_join(base, name), *rest) for name, *rest in handlers])
    os.environ["NBDEBT_FRONT_END"] = "1"
