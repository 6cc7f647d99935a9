"""One way to write a number, whoever writes it."""

from __future__ import annotations

import re
import string

import numpy as np
import pytest
import vl_convert
from hypothesis import given
from hypothesis import strategies as st

from core.figures.agents import percent
from core.figures.channels import PLAIN
from core.figures.indicators import written
from core.figures.style import MINUS, Style, Written, number, share_text


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


@pytest.mark.parametrize("currency", ["EUR", "KRW"])
@given(value=st.floats(-1e6, -1, allow_nan=False), digits=st.sampled_from([None, 0, 1, 2, 4]))
def test_whoever_writes_what_is_below_nothing_writes_one_minus(currency, value, digits):
    """A proper one, never a hyphen, and none twice."""
    style = Style(text=lambda key, **_: key, currency=currency)
    written_by = [
        number(value, digits), number(value, digits, signed=True), f"{Written(value):.1f}", f"{Written(value):+.0%}",
        f"{Written(value)}", style.money(value), style.amount(value, signed=True), style.price(value),
        share_text(value), percent(value), written(value, "user_profit_eur", style), written(value, "ramp_kw", style),
        written(value, "load_factor_frac", style), number(float(f"{value:.4g}")),
    ]  # fmt: skip
    for text in written_by:
        assert (text.count(MINUS), text.count("-")) == (1, 0), text


def test_charts_write_the_same_minus():
    """Vega's own formats do, in which axes and tooltips ask for numbers."""
    spec = {
        "data": {"values": [{"x": -1500, "y": 0}, {"x": 0, "y": 1}]}, "mark": "point",
        "encoding": {
            "x": {"field": "x", "type": "quantitative", "axis": {"format": PLAIN}},
            "y": {
                "field": "y", "type": "quantitative",
                "axis": {"labelExpr": "format(-datum.value, '.1f')", "values": [1]},
            },
        },
    }  # fmt: skip
    words = re.findall("<text[^>]*>([^<]*)</text>", vl_convert.vegalite_to_svg(spec))
    assert f"{MINUS}1,000" in words
    assert f"{MINUS}1.0" in words
    assert not any(re.search(r"-\d", word) for word in words)
