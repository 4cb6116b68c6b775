"""An extension of Jupyter's server: what a front end asks where no kernel records.

``POST /nbdebt/check`` takes ``{"path": ..., "notebook": ...}``, the document as it is on the screen and where
it lies below the server's root, and answers what ``nbdebt check --output-format json`` prints of it. Executes
nothing. ``GET /nbdebt/explain/CODE`` is the page of a rule, in Markdown. Both want a login, as all of the
server's API does.

Loaded by ``jupyter_server_config.d/nbdebt.json``, which the wheel puts where the server looks for it. Jupyter
Server is no requirement of nbdebt: whoever loads this has it.
"""

import asyncio
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import msgspec
import tornado.web
from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import APIHandler
from jupyter_server.utils import url_path_join

from nbdebt import __version__
from nbdebt.config import forget_settings
from nbdebt.engine import CheckOptions, check_data
from nbdebt.model.errors import ConfigurationError
from nbdebt.report.json import report_object
from nbdebt.report.view import View
from nbdebt.rules import catalogue

# One at a time: who types in a large notebook asks again before the last answer is there.
_checking = ThreadPoolExecutor(1, thread_name_prefix="nbdebt")


class _Asked(msgspec.Struct):
    """The body of a check."""

    notebook: msgspec.Raw
    path: str = ""


class Check(APIHandler):
    """Checks a notebook that the front end sends."""

    auth_resource = "contents"

    @tornado.web.authenticated
    @authorized(action="read")
    async def post(self) -> None:
        """Answer the report on the notebook in the body."""
        try:
            asked = msgspec.json.decode(self.request.body, type=_Asked)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise tornado.web.HTTPError(400, f"the body is no request: {error}") from None
        root = str(getattr(self.contents_manager, "root_dir", "") or "")
        loop = asyncio.get_running_loop()
        try:
            found = await loop.run_in_executor(_checking, check, bytes(asked.notebook), asked.path, root)
        except ConfigurationError as error:
            raise tornado.web.HTTPError(422, str(error), reason="Wrong configuration") from None
        self.set_header("X-Nbdebt-Version", __version__)
        self.finish(msgspec.json.encode(found))


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


def check(data: bytes, path: str, root: str) -> dict[str, Any]:
    """The report on a notebook's bytes, as programs see it.

    Args:
        data: the notebook.
        path: where it lies below the server's root, as the front end names it.
        root: the directory that the server serves; empty where its contents are no files.

    Raises:
        ConfigurationError: the project's configuration is wrong.
    """
    # The server lives long, and configuration files are edited meanwhile.
    forget_settings()
    place = os_path(path, root)
    report = check_data(
        data, place or Path(path).name or "<notebook>", CheckOptions(cache=False, isolated=not place)
    )
    return report_object(report, View())


def os_path(path: str, root: str) -> str:
    """Where a notebook lies on the server's disk; empty where that is nowhere below its root.

    Args:
        path: as the front end names it; perhaps with a drive (``RTC:a.ipynb``) before it.
        root: the directory that the server serves.
    """
    if not root:
        return ""
    top = Path(root).expanduser().resolve()
    place = Path(os.path.normpath(top.joinpath(*path.rpartition(":")[2].split("/"))))
    return str(place) if place.is_relative_to(top) and place != top else ""


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    """What Jupyter Server asks a package that it loads."""
    return [{"module": "nbdebt.server"}]


def _load_jupyter_server_extension(app: Any) -> None:
    """Add the two addresses. Kernels that this server starts know that its front end understands them."""
    web = app.web_app
    base = url_path_join(web.settings["base_url"], "nbdebt")
    web.add_handlers(
        ".*$",
        [(url_path_join(base, "check"), Check), (url_path_join(base, r"explain/(\w+)"), Explain)],
    )
    os.environ["NBDEBT_FRONT_END"] = "1"
