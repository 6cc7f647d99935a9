"""One way to write a number, whoever writes it."""

from __future__ import annotations

import re
import string

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.figures.style import MINUS, Written, number


@pytest.mark.parametrize(
    ("value", "digits", "signed", "text"),
    [
        (59146.3, 1, False, "59,146.3"), (59146.3, None, False, "59,146.3"), (2000, None, False, "2,000"),
        (0.0083, 4, False, "0.0083"), (-0.001, 2, False, "0.00"), (-1234567.891, 2, False, f"{MINUS}1,234,567.89"),
        (3, 1, True, "+3.0"), (0.0, 1, True, "0.0"), (None, 2, False, "–"), (float("nan"), None, False, "–"),
        (np.int64(12000), None, False, "12,000"), (0.1 + 0.2, None, False, "0.3"),
    ],
)  # fmt: skip
def test_a_number_is_written_one_way(value, digits, signed, text):
    assert number(value, digits, signed=signed) == text


@given(st.floats(-1e9, 1e9), st.integers(0, 4), st.booleans())
def test_what_is_written_reads_back(value, digits, signed):
    text = number(value, digits, signed=signed)
    assert float(text.replace(",", "").replace(MINUS, "-")) == pytest.approx(round(value, digits), abs=1e-9)
    assert not re.search(r"\d{4}", text.partition(".")[0])
    assert not re.fullmatch(rf"[{MINUS}+]0(\.0*)?", text)


@pytest.mark.parametrize(
    ("text", "filled"),
    [("{x}", "12,345.6"), ("{x:.1f}", "12,345.6"), ("{x:,.0f}", "12,346"), ("{x:g}", "12,345.6"),
     ("{x:+.1f}", "+12,345.6"), ("{x:.0%}", "1,234,560%")],
)  # fmt: skip
def test_texts_write_numbers_the_same_way(text, filled):
    assert text.format(x=Written(12345.6)) == filled


def test_a_text_cannot_ask_for_another_way():
    with pytest.raises(ValueError, match="04d"):
        string.Formatter().format("{x:04d}", x=Written(3))
