"""Text in whatever encoding it comes."""

import pytest

from pycalfin.textfile import decode, decode_document, read_text


@pytest.mark.parametrize(
    ("content", "declared", "otherwise", "expected"),
    [
        ("Bræ".encode(), None, "cp1252", ("Bræ", "utf-8")),
        ("Bræ".encode("cp1252"), "cp1252", "cp1252", ("Bræ", "cp1252")),
        ("Bræ".encode(), "ascii", "cp1252", ("Bræ", "utf-8")),
        ("Bræ".encode(), "cp1252", "cp1252", ("Bræ", "utf-8")),
        ("Ø".encode(), "ISO-8859-1", "cp1252", ("Ø", "utf-8")),
        ("Bræ".encode(), "cp850", "cp850", ("Bræ", "utf-8")),
        ("раб".encode("cp866"), "cp866", "cp866", ("раб", "cp866")),
        ("联通".encode("gbk"), "gbk", "cp1252", ("联通", "gbk")),
        (b"plain", "cp1252", "cp1252", ("plain", "cp1252")),
        ("Bræ".encode("cp1252"), "utf-8", "cp1252", ("Bræ", "cp1252")),
        ("Bræ".encode("cp850"), "utf-8", "cp850", ("Bræ", "cp850")),
        ("Bræ".encode("cp1252"), "nonsense", "cp1252", ("Bræ", "cp1252")),
        (b"\x81\xff", "utf-8", "cp1252", ("\x81ÿ", "latin-1")),
        (b"", "utf-8", "cp1252", ("", "utf-8")),
    ],
)
def test_decode(content, declared, otherwise, expected):
    assert decode(content, declared, otherwise) == expected


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-be"]
)
def test_documents(encoding):
    assert decode_document("x = 'Bræ'".encode(encoding))[0] == "x = 'Bræ'"


def test_read_text(tmp_path, caplog):
    path = tmp_path / "a.txt"
    path.write_bytes("Bræ\r\nx\ry\n".encode("cp1252"))
    assert read_text(path) == "Bræ\nx\ny\n"
    assert caplog.messages == [f"{path}: not UTF-8; read as Windows-1252, check special characters"]
