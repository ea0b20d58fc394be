"""How good the fronts are."""
