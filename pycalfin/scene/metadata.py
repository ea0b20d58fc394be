"""Recognise the metadata files of products, and read properties of the scene from them."""

from __future__ import annotations

import re
from dataclasses import replace

from pycalfin.records import Identity
from pycalfin.scene.dates import moments
from pycalfin.scene.mtl import identity_from_mtl, is_mtl
from pycalfin.scene.names import identify, within_product
from pycalfin.scene.sensors import SENTINEL_2

METADATA_BYTES = 1_000_000
"""Most bytes read of a metadata file. Landsat's have about 30 kB; Sentinel-2's have up to 1 MB, but
the needed entries come first."""

_MTD = re.compile(r"(?:^|/)(?:S2[A-D]_(?:OPER|USER)_)?MTD_\w+\.xml$", re.IGNORECASE)
_PRODUCT = re.compile(r"<PRODUCT_URI\w*>\s*([^<\s]+)\s*<")
_SENSED = re.compile(r"<(?:SENSING_TIME|DATATAKE_SENSING_START|PRODUCT_START_TIME)\b[^>]*>([^<]+)<")


def is_metadata(name: str) -> bool:
    """Return True for the name of a metadata file: MTL of Landsat or MTD of Sentinel-2."""
    return is_mtl(name) or _MTD.search(name) is not None


def identity_from_metadata(text: str, identity: Identity) -> Identity:
    """Complete an identity with a metadata file of any kind.

    Parameters
    ----------
    text : str
        Content of the file. A text without usable entries changes nothing.
    identity : Identity
        Identity from the file's name, which takes precedence.
    """
    if text.lstrip("\ufeff").lstrip().startswith("<"):
        return _from_mtd(text, identity)
    return identity_from_mtl(text, identity)


def _from_mtd(text: str, identity: Identity) -> Identity:
    """Read Sentinel-2's metadata: the product's name, or the sensing time of a granule."""
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
