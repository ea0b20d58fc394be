"""Readers of labelled data in the layouts of the field."""

from pycalfin.datasets.records import ICE, LAND, OCEAN, UNKNOWN, ZONES, Item, LabelledImage

__all__ = ["ICE", "LAND", "OCEAN", "UNKNOWN", "ZONES", "Item", "LabelledImage"]
