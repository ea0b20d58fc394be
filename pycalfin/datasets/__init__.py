"""Readers of labelled data in the layouts of the field."""

from pycalfin.datasets.records import (
    ICE,
    LAND,
    NOT_OCEAN,
    OCEAN,
    UNKNOWN,
    ZONES,
    Item,
    LabelledImage,
    decided,
)

__all__ = [
    "ICE",
    "LAND",
    "NOT_OCEAN",
    "OCEAN",
    "UNKNOWN",
    "ZONES",
    "Item",
    "LabelledImage",
    "decided",
]
