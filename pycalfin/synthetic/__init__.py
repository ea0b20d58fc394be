"""Painted scenes with known fronts, for the demo, training and tests."""
