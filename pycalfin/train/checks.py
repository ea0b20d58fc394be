"""Checks of the values of a recipe: types, least values and choices."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, get_type_hints

from pycalfin.errors import SettingsError
from pycalfin.settings.checks import near


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_range(value: Any) -> bool:
    return isinstance(value, list | tuple) and len(value) == 2 and all(map(_is_number, value))


def _are_texts(value: Any) -> bool:
    return isinstance(value, list | tuple) and all(map(_is_text, value))


_TYPES: dict[Any, tuple[Callable[[Any], bool], str]] = {
    int: (_is_whole, "a whole number"),
    int | None: (_is_whole, "a whole number"),
    float: (_is_number, "a number"),
    str: (_is_text, "text"),
    str | None: (_is_text, "text"),
    bool: (lambda value: isinstance(value, bool), "true or false"),
    tuple[float, float]: (_is_range, "two numbers [low, high]"),
    tuple[str, ...]: (_are_texts, "a list of texts"),
}


def check_types(kind: type[Any], values: Mapping[str, Any], where: str) -> dict[str, Any]:
    """Refuse unknown keys and values of another type in one error; turn lists into tuples."""
    hints = get_type_hints(kind)
    problems, checked = [], {}
    for name, value in values.items():
        if name not in hints:
            problems.append(f"{where}unknown key {name!r}{near(name, hints)}")
            continue
        fits, expected = _TYPES[hints[name]]
        if not fits(value):
            problems.append(f"{where}{name} is {value!r}; expected {expected}")
        checked[name] = tuple(value) if isinstance(value, list) else value
    if problems:
        raise SettingsError("; ".join(problems))
    return checked


def at_least(values: Any, least: int, *names: str) -> None:
    """Refuse values below the least one, in one error."""
    wrong = [name for name in names if getattr(values, name) < least]
    if wrong:
        sentences = (
            f"{name} is {getattr(values, name)}; expected {least} or more" for name in wrong
        )
        raise SettingsError("; ".join(sentences))


def one_of(values: Any, name: str, choices: tuple[str, ...]) -> None:
    """Refuse a value that is not one of the choices."""
    if getattr(values, name) not in choices:
        raise SettingsError(
            f"{name} is {getattr(values, name)!r}; expected one of: {', '.join(choices)}"
        )
