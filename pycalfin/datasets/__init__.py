"""Readers of labelled data in the layouts of the field."""

from pycalfin.datasets.records import ICE, LAND, OCEAN, UNKNOWN, LabelledImage

__all__ = ["ICE", "LAND", "OCEAN", "UNKNOWN", "LabelledImage"]
