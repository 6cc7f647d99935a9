"""What strangers put into links and files is shown as their text: it is never obeyed, and nothing else is lost."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as some
from markdown_it import MarkdownIt

from core.scenario import MOST_BYTES, Scenario
from pages.ui.errors import MOST_NAMED
from pages.ui.i18n import foreign

SMALL = {"stations": "4", "lang": "en"}
PAGE = "explore"
PICTURE = "![x](https://evil.example/a.png)"
HTML = "<script>alert(1)</script>"


@given(some.text(max_size=60))
def test_foreign_text_is_nothing_but_code(text):
    (paragraph,) = [
        token for token in MarkdownIt("js-default").parse(f"There is no {foreign(text)}.") if token.children
    ]
    kinds = [token.type for token in paragraph.children]
    assert kinds == ["text", "code_inline", "text"]
    foreign(text).encode()  # a lone surrogate could not be sent


@pytest.mark.parametrize("name", ["agent", "station", "lang", "against", "card", "view", "v", "stations", "unheard_of"])
@pytest.mark.parametrize("text", [PICTURE, HTML, "\u202e\x00", "9" * 5000, "`` ` $x$ :red[x] [a](b)"], ids=range(5))
def test_a_link_says_what_is_wrong_and_nothing_more(open_page, name, text):
    pages = {"against": "compare", "card": "agents", "view": "tradeoffs"}
    app = open_page(pages.get(name, "explore"), **{name: text})
    said = " ".join(w.value for w in app.warning)
    assert said
    said.encode()
    outside_code = "".join(MarkdownIt("js-default").render(line) for line in said.splitlines())
    assert "<img" not in outside_code
    assert "<a " not in outside_code
    assert "<script" not in outside_code
    assert "fields" in app.session_state


def test_parameters_that_mean_nothing_are_named(open_page):
    app = open_page(utm_source="x", colour="red")
    assert "2 parameters mean nothing here: `utm_source`, `colour`." in app.warning[0].value


def test_a_language_that_is_not_there_is_named(open_page):
    app = open_page(lang="fr")
    assert "There is no language `fr`; allowed are: ko, en." in app.warning[0].value


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (json.dumps({f"![{i}](x)": 1 for i in range(30)}), "The same goes for 20 more fields."),
        ("{" + " " * MOST_BYTES + "}", "It is too large for a scenario; at most 1,000,000 bytes are read."),
    ],
)  # fmt: skip
def test_a_bad_file_gets_few_words_and_changes_nothing(open_page, content, said):
    app = open_page(seed="9")
    app.sidebar.get("file_uploader")[0].upload("[mine](x).json", content.encode(), "application/json").run()
    (error,) = [e.value for e in app.sidebar.error]
    assert said in error
    assert error.count("is not a field") <= MOST_NAMED
    assert app.session_state["scenario"] == Scenario(stations=4, seed=9)
