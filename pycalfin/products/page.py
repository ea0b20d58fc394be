"""Templates of reports, which all extend page.html."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined, Template

FRAME = "pycalfin.products"
"""Package that holds page.html."""


@lru_cache(maxsize=4)
def template(package: str, name: str) -> Template:
    """Load a template that may extend page.html.

    Parameters
    ----------
    package : str
        Package that holds the template.
    name : str
        File name of the template.

    Returns
    -------
    jinja2.Template
        Escapes all values; missing values are errors.
    """
    packages = dict.fromkeys((package, FRAME))
    environment = Environment(
        loader=ChoiceLoader([PackageLoader(one, ".") for one in packages]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(name)


def data_uri(content: bytes, kind: str) -> str:
    """Encode a picture as a data URI; `kind` is png or jpeg."""
    return f"data:image/{kind};base64,{base64.b64encode(content).decode('ascii')}"


def plain(values: Any) -> list[tuple[str, str]]:
    """Convert settings or versions to pairs of name and text."""
    if not isinstance(values, Mapping):
        return []
    return [
        (str(name), ", ".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value))
        for name, value in values.items()
    ]
