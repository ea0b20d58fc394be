"""images.csv, as a spreadsheet reads it."""

from __future__ import annotations

import csv
import io
from dataclasses import replace

import pytest

from pycalfin.validate.validation import Failure, Validation
from pycalfin.validate.writing import table

FORMULAS = (
    "=cmd|' /C calc'!A0", "+1+1", "-2+3", "@SUM(1)", "\t=1", "\r=1", "\n=1", "＝1+1",
    '=HYPERLINK("http://127.0.0.1")', "=1,2", "-", "=",
)  # fmt: skip


@pytest.mark.parametrize("name", FORMULAS)
def test_a_name_is_no_formula(measured, name):
    named = dict.fromkeys(("name", "glacier", "sensor", "date", "reason"), name)
    score = replace(measured[0], **named, conditions=(name,))
    validation = Validation(
        data="x",
        layout="x",
        networks=("x",),
        scores=(score, replace(score, seconds=-0.5)),
        failures=(Failure(name, name),),
    )
    rows = list(csv.reader(io.StringIO(table(validation))))
    cells = [cell for row in rows for cell in row]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "@", "\t", "\r", "\n", "＝"))]
    assert {cell for cell in cells if cell.startswith("-")} <= {"-0.5"}
    # a quote is for the spreadsheet, the name is whole
    assert cells.count(f"'{name}") >= 9 or name[0] in "\t\r\n"


def test_a_name_with_the_separator_of_other_countries_is_no_formula(measured):
    score = replace(measured[0], name="a;=1", glacier="a;-b", sensor="a; b", date="a-b=c")
    text = table(Validation(data="x", layout="x", networks=("x",), scores=(score,)))
    assert text.splitlines()[1].startswith("a;'=1,a;'-b,a; b,a-b=c,")
