"""A preprocessor for nbconvert: what is exported is without the lines that nbdebt showed under cells.

``jupyter nbconvert --to html --Exporter.preprocessors=nbdebt.nbconvert.StripPreprocessor x.ipynb``, or in
``jupyter_nbconvert_config.py``::

    c.Exporter.preprocessors = ["nbdebt.nbconvert.StripPreprocessor"]
"""

from typing import Any

from nbconvert.preprocessors import Preprocessor  # type: ignore[import-not-found, unused-ignore]

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
