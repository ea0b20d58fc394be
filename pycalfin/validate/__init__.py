"""Validation of fronts against labelled data and known fronts."""
