"""The frame that all reports share: page.html, and how templates are filled."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined, Template

FRAME = "pycalfin.products"
"""Package of page.html."""


@lru_cache(maxsize=4)
def template(package: str, name: str) -> Template:
    """Load a template that may extend page.html.

    Parameters
    ----------
    package : str
        That the template lies in.
    name : str

    Returns
    -------
    jinja2.Template
        Values are escaped; one that is missing is an error.
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
    """Write a picture into a page; `kind` is png or jpeg."""
    return f"data:image/{kind};base64,{base64.b64encode(content).decode('ascii')}"


def plain(values: Any) -> list[tuple[str, str]]:
    """Turn settings or versions into names and texts."""
    if not isinstance(values, Mapping):
        return []
    return [
        (str(name), ", ".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value))
        for name, value in values.items()
    ]
