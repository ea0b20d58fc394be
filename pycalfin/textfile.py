"""Read text files of any encoding; a declared encoding counts if the bytes agree with it."""

from __future__ import annotations

import codecs
import json
import logging
from pathlib import Path

log = logging.getLogger(__name__)

ANSI = "cp1252"
"""Windows' code page of western Europe, the last resort for undeclared text that is not UTF-8."""
_LATIN = {
    "cp437", "cp850", "cp852", "cp858", "cp860", "cp861", "cp863", "cp865", "cp1250", "cp1252",
    "cp1254", "cp1257", "iso8859-1", "iso8859-2", "iso8859-4", "iso8859-9", "iso8859-10",
    "iso8859-13", "iso8859-15",
}  # fmt: skip
"""Code pages of Latin letters, by their names in Python.

A letter beyond ASCII in UTF-8 looks like a capital or a mark followed by a mark in these code
pages, which occurs in no word. So valid UTF-8 is UTF-8 even if one of them is declared."""
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
"""Byte order marks. Those of UTF-32 come first, because they begin with those of UTF-16."""


def decode(content: bytes, declared: str | None = None, otherwise: str = ANSI) -> tuple[str, str]:
    """Decode bytes in the declared encoding if they agree, else as UTF-8, else as a code page.

    If a code page of Latin letters is declared, UTF-8 is tried first: any bytes agree with a code
    page.

    Parameters
    ----------
    content : bytes
    declared : str, optional
        Encoding that the file declares, by a name that Python knows.
    otherwise : str, optional
        Code page for bytes that fit neither.

    Returns
    -------
    text, encoding : str
        The text, and the encoding that was used.

    Examples
    --------
    >>> decode("Bræ".encode(), "utf-8"), decode("Bræ".encode("cp1252"), "utf-8")
    (('Bræ', 'utf-8'), ('Bræ', 'cp1252'))
    """
    first = [] if content.isascii() or not _is_latin(declared) else ["utf-8"]
    for encoding in dict.fromkeys([*first, declared or "utf-8", "utf-8", otherwise, ANSI]):
        try:
            return content.decode(encoding), encoding
        except (UnicodeError, LookupError):
            continue
    return content.decode("latin-1"), "latin-1"


def _is_latin(declared: str | None) -> bool:
    try:
        return declared is not None and codecs.lookup(declared).name in _LATIN
    except LookupError:
        return False


def decode_document(content: bytes, declared: str | None = None) -> tuple[str, str]:
    """Decode a whole file; a byte order mark or null bytes reveal UTF-16 and UTF-32.

    Parameters
    ----------
    content : bytes
    declared : str, optional

    Returns
    -------
    text, encoding : str
        The text without byte order mark, and the encoding that was used.
    """
    mark = next((encoding for mark, encoding in _MARKS if content.startswith(mark)), None)
    if mark is None and b"\0" in content[:4]:
        mark = json.detect_encoding(content)
    text, encoding = decode(content, mark or declared)
    return text.removeprefix("\ufeff"), encoding


def read_text(path: Path) -> str:
    """Read a text file that should be UTF-8; warn if it is in a code page instead.

    Parameters
    ----------
    path : Path

    Returns
    -------
    str
        Text with '\\n' as line ends.

    Raises
    ------
    OSError
        If the file cannot be read.
    """
    text, encoding = decode_document(path.read_bytes())
    if not encoding.startswith("utf"):
        log.warning("%s: not UTF-8; read as %s, check special characters", path, title(encoding))
    return text.replace("\r\n", "\n").replace("\r", "\n")


def title(encoding: str) -> str:
    """Return the usual name of an encoding.

    Examples
    --------
    >>> title("cp1252"), title("utf-8"), title("iso8859-1")
    ('Windows-1252', 'UTF-8', 'ISO8859-1')
    """
    if encoding.startswith("cp125"):
        return f"Windows-{encoding[2:]}"
    return encoding.upper()
