"""What goes over the wire is what its schema says."""

import functools
import json
from pathlib import Path
from typing import Any

import pytest

import nbdebt.report

REPORTS = Path(nbdebt.report.__file__).parent


@functools.cache
def _validator(part: str) -> Any:
    jsonschema = pytest.importorskip("jsonschema")
    referencing = pytest.importorskip("referencing")
    names = ("wire.schema.json", "json.schema.json")
    known = [
        (name, referencing.Resource.from_contents(json.loads((REPORTS / name).read_text()))) for name in names
    ]
    schema = {"$ref": f"wire.schema.json#/properties/{part}"}
    return jsonschema.Draft202012Validator(schema, registry=referencing.Registry().with_resources(known))


def keeps(part: str, message: Any) -> None:
    """A message keeps to a part of the schema, `sent` or `answer`."""
    _validator(part).validate(message)
