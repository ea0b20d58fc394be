"""Metadata files of products: which they are, and what they say of a scene."""

from __future__ import annotations

import re
from dataclasses import replace

from pycalfin.records import Identity
from pycalfin.scene.dates import moments
from pycalfin.scene.mtl import identity_from_mtl, is_mtl
from pycalfin.scene.names import identify, within_product
from pycalfin.scene.sensors import SENTINEL_2

METADATA_BYTES = 1_000_000
"""Most that is read of a metadata file: Landsat's have some 30 kB, and in Sentinel-2's up to 1 MB
what is asked for stands first."""

_MTD = re.compile(r"(?:^|/)(?:S2[A-D]_(?:OPER|USER)_)?MTD_\w+\.xml$", re.IGNORECASE)
_PRODUCT = re.compile(r"<PRODUCT_URI\w*>\s*([^<\s]+)\s*<")
_SENSED = re.compile(r"<(?:SENSING_TIME|DATATAKE_SENSING_START|PRODUCT_START_TIME)\b[^>]*>([^<]+)<")


def is_metadata(name: str) -> bool:
    """Return True for the name of a metadata file: Landsat's MTL, Sentinel-2's MTD."""
    return is_mtl(name) or _MTD.search(name) is not None


def identity_from_metadata(text: str, identity: Identity) -> Identity:
    """Complete an identity from a metadata file of any kind.

    Parameters
    ----------
    text : str
        Of the file; a text that says nothing leaves all as it is.
    identity : Identity
        As the name tells it, which goes before.
    """
    if text.lstrip("\ufeff").lstrip().startswith("<"):
        return _from_mtd(text, identity)
    return identity_from_mtl(text, identity)


def _from_mtd(text: str, identity: Identity) -> Identity:
    """Read Sentinel-2's: the product's name, or when a granule was sensed."""
    uri = _PRODUCT.search(text)
    product = identify(uri[1]) if uri else Identity("")
    same = product.pathrow in ("", identity.pathrow) and identity.sensor in (
        "",
        SENTINEL_2.code,
        product.sensor,
    )
    if product.sensor and same:
        identity = within_product(identity, product)
    sensed = _SENSED.search(text)
    moment = next(iter(moments(sensed[1])), None) if sensed else None
    if moment is None or identity.date not in ("", moment.date):
        return identity
    return replace(identity, date=moment.date, time=identity.time or moment.time)
