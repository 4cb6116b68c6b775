"""For nbconvert: an exporter to cleaned scripts, and a preprocessor that takes out what nbdebt showed.

``jupyter nbconvert --to nbdebt x.ipynb`` writes what ``nbdebt export x.ipynb`` does;
``--NbdebtExporter.verify=True`` and the other options are its own.

``jupyter nbconvert --to html --Exporter.preprocessors=nbdebt.nbconvert.StripPreprocessor x.ipynb``, or in
``jupyter_nbconvert_config.py``::

    c.Exporter.preprocessors = ["nbdebt.nbconvert.StripPreprocessor"]
"""

import os
from typing import Any

from nbconvert.exporters import Exporter  # type: ignore[import-not-found, unused-ignore]
from nbconvert.preprocessors import Preprocessor  # type: ignore[import-not-found, unused-ignore]
from traitlets import Bool, Enum, Integer, List, Unicode, default

from nbdebt.read.clean import strip_cells


class StripPreprocessor(Preprocessor):  # type: ignore[misc, unused-ignore]
    """Takes our lines out of the notebook's outputs; naming it turns it on."""

    def __init__(self, **given: Any) -> None:
        """As nbconvert makes it, but enabled: who names it wants it."""
        super().__init__(**{"enabled": True, **given})  # type: ignore[no-untyped-call, unused-ignore]

    def preprocess(self, nb: Any, resources: Any) -> tuple[Any, Any]:
        """Strip ``nb`` in place.

        Args:
            nb: the notebook (a ``NotebookNode``).
            resources: of nbconvert; given back as they are.
        """
        strip_cells(nb.get("cells", ()))
        return nb, resources


class NbdebtExporter(Exporter):  # type: ignore[misc, unused-ignore]
    """A notebook as a script: cells in the order in which they ran, magics as plain Python.

    Source: nbconvert's documentation, "Customizing exporters". Menus make one of each exporter to ask for its
    name: what exporting needs is imported when something is exported.
    """

    export_from_notebook = "Cleaned script (nbdebt)"
    output_mimetype = "text/x-python"

    verify = Bool(False, help="Run the script in a copy of the directory, and compare. This runs code.").tag(
        config=True
    )
    targets = List(
        Unicode(), help="What the script is for: names, files, cells, outputs, all (the default)."
    ).tag(config=True)
    settings = Bool(True, help="Put paths, seeds and parameters at the top, under names.").tag(config=True)
    cli = Enum(("argparse", "click", "fire", "none"), "none", help="Flags for these settings.").tag(
        config=True
    )
    seed = Integer(0, allow_none=True, help="Seeds what was drawn unseeded; None leaves it.").tag(config=True)
    requirements = Bool(False, help="Write requirements.txt beside the script.").tag(config=True)
    timeout = Integer(600, help="Seconds for one run of the script, with verify.").tag(config=True)

    @default("file_extension")
    def _extension(self) -> str:
        return ".py"

    def from_notebook_node(  # type: ignore[override, unused-ignore]
        self, nb: Any, resources: Any = None, **kw: Any
    ) -> tuple[str, Any]:
        """The script.

        Args:
            nb: the notebook (a ``NotebookNode``).
            resources: of nbconvert: they say where the notebook lies.

        Raises:
            ConversionException: it can't be exported so that it surely gives the same; or ``verify`` found
                a difference.
        """
        import nbformat
        from nbconvert.utils.exceptions import ConversionException  # type: ignore[import-not-found, unused-ignore]

        from nbdebt.export.making import made
        from nbdebt.export.model import Form
        from nbdebt.export.proof import proven
        from nbdebt.export.saved import log_of_notebook
        from nbdebt.model.errors import NbdebtError
        from nbdebt.read import read_notebook

        node, found = super().from_notebook_node(nb, resources, **kw)
        place = found.get("metadata", {})
        path = os.path.join(place.get("path") or ".", f"{place.get('name') or 'notebook'}.ipynb")
        wanted, form = tuple(self.targets), Form(self.settings, self.cli)  # type: ignore[arg-type, unused-ignore]
        try:
            data = nbformat.writes(node).encode("utf-8")  # type: ignore[no-untyped-call, unused-ignore]
            log = log_of_notebook(read_notebook(data, path))
            if self.verify:
                script, proof = proven(log, wanted, seed=self.seed, timeout=self.timeout, form=form)
                self.log.info("nbdebt: %s", proof.summary())
                if not proof.equal:
                    raise ConversionException(f"{path}: {proof.summary()}")
            else:
                script = made(log, wanted, None, self.seed, form)
        except NbdebtError as error:
            raise ConversionException(str(error)) from None
        for note in (*(f"left out: {one}" for one in script.manifest.dropped), *script.manifest.notes):
            self.log.info("nbdebt: %s", note)
        if self.requirements:
            text = "".join(f"{line}\n" for line in script.manifest.requirements)
            found.setdefault("outputs", {})[f".{os.sep}requirements.txt"] = text.encode()
        return script.text, found
