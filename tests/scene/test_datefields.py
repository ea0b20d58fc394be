"""The field that dates features, among those that do not."""

import numpy as np
import pytest

from pycalfin.scene.datefields import find_dates

DAY = "2021-09-26"


@pytest.mark.parametrize(
    "fields",
    [
        {"Date": [DAY]},
        {"Date_": ["20210926"]},
        {"DATE_1": [20210926]},
        {"date": np.array(["2021-09-26"], "datetime64[D]")},
        {"Date": np.array([20210926181012])},
        {"Date": np.array([20210926181012.0])},
        {"SourceDate": ["2021/09/26"]},
        {"acquisitionDate": ["2021-09-26T18:10:12Z"]},
        {"Acq_Date": [DAY]},
        {"DATE_ACQUIRED": [DAY]},
        {"img_date": [DAY]},
        {"time": ["2021-09-26T18:10:12"]},
        {"dec_year": [2021.7356]},
        {"Year": [2021], "DOY": [269]},
        {"year": ["2021"], "month": [9.0], "day": ["26"]},
        # what dates the file, or is no date, gives way
        {"UpdateDate": ["2023-01-01"], "SourceDate": [DAY]},
        {"EditDate": ["2023-01-01"], "frontdate": [DAY]},
        {"time": ["18:10:12"], "acquired": [DAY]},
        {"Date": [None], "Year": [2021], "DOY": [269]},
        {"Date": ["summer"], "acq_date": [DAY]},
        {"Date": [DAY], "acq_date": ["2023-01-01"]},
    ],
)
def test_the_field_that_dates_a_feature(fields):
    (moment,) = find_dates(fields, 1).moments
    assert moment is not None
    assert moment.date == DAY


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"Name": [DAY]},
        {"UpdateDate": [DAY]},
        {"Date": [None]},
        {"Date": [float("nan")]},
        {"Date": np.array(["NaT"], "datetime64[D]")},
        {"Date": [""]},
        {"Year": [2021]},
        {"Year": [2021], "DOY": [400]},
        {"Year": [2021], "Month": [13], "Day": [1]},
        {"candidate": ["yes"]},
        {"time": ["18:10:12"]},
    ],
)
def test_fields_that_say_nothing(fields):
    assert find_dates(fields, 1) == type(find_dates({}, 1))((None,))


def test_what_is_no_date_is_named():
    found = find_dates({"Date": [DAY, "summer", "summer", None, "2021"]}, 5)
    assert (found.field, found.refused) == ("Date", ("summer", "2021"))
    assert find_dates({"Date": [2020, 2021]}, 2).refused == ("2020", "2021")
