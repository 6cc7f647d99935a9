"""Catalogues: both languages say the same things about everything there is."""

from __future__ import annotations

import re
import string
from functools import partial
from pathlib import Path
from typing import get_args

import pytest

from core.accounts.explain import REASONS
from core.accounts.indicators import INDICATORS
from core.agents.info import FAMILIES, LEARNED
from core.agents.learned import NAMES
from core.agents.looks import SITE_PARTS
from core.agents.registry import AGENTS
from core.figures import Style
from core.figures.agents import PLAN, Where, group_name
from core.rewards import REWARDS
from core.scenario import GROUPS, PRESETS, Scenario
from core.studies.draw import draw_scenarios
from core.studies.regret import groups_of
from core.studies.traced import ORIGINAL
from core.tariffs import KINDS
from pages.parts.agents.cards import PAPERS, PARTS
from pages.ui.errors import RULES
from pages.ui.frame import PAGES
from pages.ui.i18n import LANGUAGES, MISSING, catalogue, translate
from pages.ui.sidebar import WEIGHTS

ROOT = Path(__file__).resolve().parents[2]


def placeholders(text: str) -> set[str]:
    """Names of what is filled in, in words that depend on a number as well."""
    fields = [(name, spec) for _, name, spec, _ in string.Formatter().parse(text) if name]
    return {name for name, _ in fields}.union(*(placeholders(spec) for _, spec in fields if spec))


def test_catalogues_have_the_same_keys():
    alone = catalogue("en").keys() ^ catalogue("ko").keys()
    assert not alone, f"one catalogue alone has {', '.join(sorted(alone))}"


def shown(text: str) -> set[str]:
    """Of the `placeholders`, those that are to be read, not only chosen by: what Korean does not count, English may."""
    fields = [(name, spec) for _, name, spec, _ in string.Formatter().parse(text) if name]
    read = {name for name, spec in fields if not (spec or "").startswith("|")}
    return read.union(*(shown(spec) for _, spec in fields if spec))


def test_catalogues_fill_in_the_same_values():
    different = [key for key, text in catalogue("en").items() if shown(text) != shown(catalogue("ko")[key])]
    assert different == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_everything_with_a_name_is_named(language):
    texts = catalogue(language)
    wanted = [f"groups.{group}" for group in GROUPS]
    for row in Scenario.fields():
        wanted += [f"fields.{row['name']}.title", f"fields.{row['name']}.meaning", f"units.{row['unit']}"]
        wanted += [f"choices.{row['name']}.{choice}" for choice in row["choices"] or ()]
    wanted += [f"presets.{slug}.{part}" for slug in PRESETS for part in ("name", "question", "description")]
    wanted += [f"{words}.{name}" for name in INDICATORS for words in ("indicator", "indicator_help")]
    wanted += [f"rewards.{words}.{name}" for name in REWARDS for words in ("name", "words")]
    wanted += [f"original.{name}" for name in ORIGINAL if not name.startswith("reward_")]
    wanted += [f"reasons.{code}" for code in REASONS]
    wanted += [f"weight_presets.{name}" for name in WEIGHTS]
    wanted += [f"pages.{name}" for name in PAGES]
    wanted += [f"errors.rules.{name}" for name in RULES]
    named = [*(name for name, info in AGENTS.items() if not info.learned), "residual", PLAN]
    wanted += [f"agents.{name}.{part}" for name in named for part in OF_AGENT]
    wanted += [f"families.{family}" for family in FAMILIES] + [f"families.note.{family}" for family in FAMILIES]
    wanted += [f"families.{part}_of.{family}" for family in LEARNED for part in OF_AGENT]
    wanted += [f"learned.about_{name}" for name in PAPERS]
    wanted += [f"learned.on_{where}" for where in get_args(Where)]
    wanted += list(PARTS.values())
    wanted += [f"tariffs.{kind.name}.{key}" for kind in KINDS for key in kind.sentences]
    wanted += [f"learned.group_{group}_{kind.name}" for kind in KINDS for group in ("tariff", "provider")]
    missing = [key for key in wanted if not texts.get(key) and key != "units."]
    assert not missing, f"{language}.toml lacks {', '.join(missing)}"


OF_AGENT = ("name", "description")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_agent_has_a_name_of_its_own(language):
    """Names of learned agents are made from family, algorithm and reward, of those whose files are gone as well."""
    names = list(dict.fromkeys([*AGENTS, *NAMES, *SITE_PARTS, "residual"]))
    said = {part: [translate(language, f"agents.{name}.{part}") for name in names] for part in OF_AGENT}
    assert len(set(said["name"])) == len(names)
    assert not [text for texts in said.values() for text in texts if text.startswith("agents.") or "{" in text]
    assert translate("en", "agents.site_recurrentppo_provider.name") == "RecurrentPPO for one site (Service provider)"
    assert translate("ko", "agents.site_sac_objective.name") == "SAC 충전소 전용 (목적함수)"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_group_of_held_out_scenarios_is_named(language):
    style = Style(text=partial(translate, language))
    pairs = {pair for scenario in draw_scenarios(150, "test", 1) for pair in groups_of(scenario).items()}
    assert len({group_name(style, *pair) for pair in pairs}) == len(pairs)


def test_every_learned_agent_has_its_paper():
    assert set(PAPERS) == set(NAMES)


def test_every_text_that_the_code_asks_for_is_there():
    asked = set()
    reports = [ROOT / "core/reports/exports.py", ROOT / "core/reports/report.html.j2"]
    for file in [*ROOT.glob("pages/**/*.py"), *ROOT.glob("core/figures/**/*.py"), *reports]:
        asked |= set(
            re.findall(r"""\b(?:t|label|text|style\.text)\(\s*"([a-z_]+\.[a-z_.]+)\"""", file.read_text("utf-8"))
        )
        asked |= set(re.findall(r"""Finding\(\s*"([a-z_]+\.[a-z_.]+)\"""", file.read_text("utf-8")))
    assert len(asked) > 50
    assert asked - catalogue("en").keys() == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_readings_and_notes_tell_nobody_to_click(language):
    """They are in reports, too, where nothing can be clicked; such words are hints."""
    texts = {
        key: text for key, text in catalogue(language).items() if re.search(r"figure\..*reading|ranking_note", key)
    }
    assert texts
    assert [key for key, text in texts.items() if re.search("(?i)click|누르", text)] == []


def test_korean_is_korean():
    """Every sentence of the Korean catalogue has Hangul, but for names, units and symbols."""
    short = {key: text for key, text in catalogue("ko").items() if not re.search("[가-힣]", text)}
    assert {key.split(".")[0] for key in short} <= {
        "app", "units", "axis", "table", "tip", "errors", "kpi", "names", "observation_units", "picture",
    }  # fmt: skip
    assert all(len(text) < 40 for text in short.values())


def test_agents_have_one_word_in_korean():
    assert [key for key, text in catalogue("ko").items() if "에이전트" in text] == []


def test_a_name_that_is_filled_in_has_no_particle_that_depends_on_it():
    particle = re.compile(r"\{(agent|base|one|other|first|second)\}(와|과|을|를|이|가|은|는|로|으로)(?![가-힣])")
    assert [key for key, text in catalogue("ko").items() if particle.search(text)] == []


def test_hours_of_the_day_are_no_lengths():
    units = {row["name"]: row["unit"] for row in Scenario.fields()}
    assert {units["start_hour"], units["dr_start_hour"]} == {"o'clock"}
    assert translate("ko", f"units.{units['start_hour']}") == "시"
    assert translate("ko", f"units.{units['length_h']}") == "시간"


NOUNS = r"agents|cars|days|draws|hours|pins|points|ports|runs|scenarios|seeds|stations|steps|transformers"

COUNTS = {
    "all",
    "cars",
    "count",
    "days",
    "gainers",
    "n",
    "runs",
    "short",
    "stations",
    "sure",
    "transformers",
    "unread",
    "used",
}
"""Names of numbers that count something on the reader's own pages, and so can be 1."""


def filled(language: str, count: int, **more: int) -> dict[str, str]:
    """Every text with a count in it, all counts being `count` and all other numbers 7."""
    return {
        key: translate(
            language, key, **{name: more.get(name, count if name in COUNTS else 7) for name in placeholders(text)}
        )
        for key, text in catalogue(language).items()
        if placeholders(text) & COUNTS
    }


def test_one_is_never_many_in_english():
    texts = filled("en", 1)
    assert len(texts) > 20
    wrong = rf"\b1 (of 1 )?([a-z-]+ )?({NOUNS})\b|\b(1 of|all) 1\b"
    assert {key: text for key, text in texts.items() if re.search(wrong, text, re.IGNORECASE)} == {}


def test_many_are_many_in_english():
    wrong = rf"\b(2|0) ({'|'.join(noun[:-1] for noun in NOUNS.split('|'))})\b|\bonly\b"
    for count in (0, 2):
        assert {key: text for key, text in filled("en", count).items() if re.search(wrong, text)} == {}


def test_one_of_many_agrees_with_its_verb():
    wrong = r"\b1 of 25 (cars|agents|days|pins) (leave|differ|have|are)\b"
    texts = filled("en", 25, short=1, sure=1, unread=1, gainers=1)
    assert {key: text for key, text in texts.items() if re.search(wrong, text)} == {}
    assert texts["headline.short"] == "1 of 25 cars leaves short, by 7.0 kWh."


def test_one_is_never_all_in_korean():
    wrong = r"1(대|개|일|가지)[가이]? ?모두|1(대|개|가지) 중"
    assert {key: text for key, text in filled("ko", 1).items() if re.search(wrong, text)} == {}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("count", [0, 1, 2, 25])
def test_no_text_shows_how_it_is_made(language, count):
    assert {key: text for key, text in filled(language, count).items() if re.search(r"[{}|]", text)} == {}


def test_a_missing_text_is_noted_and_shown_by_its_key():
    assert translate("ko", "no.such.text", count=3) == "no.such.text"
    assert "ko: no.such.text" in MISSING
    MISSING.remove("ko: no.such.text")


FORBIDDEN = {
    "사이트": "충전소 (a site)",
    "충전 사이트": "충전소 (a site)",
    "계통": "전력망, 전력망 운영자 (the grid)",
    "원장": "정산표 (the ledger)",
    "하루 전 시장": "하루전시장 (the day-ahead market)",
    "견고성": "강건성 (robustness)",
    "피크 요금": "기본요금 (the demand charge)",
    "데이터 출처": "출처 (sources)",
    "비첨두": "경부하 (off-peak)",
    "첨두": "최대부하 (on-peak)",
    "충전 포인트": "충전기 (a station)",
    "세계": "외부 조건 (a World)",
    "플러그 앤": "즉시 충전 (plug and charge)",
}
"""What Korean texts do not say, and what they say instead: one term for one thing."""


def test_korean_has_one_term_for_one_thing():
    # UTC's own name is 협정 세계시.
    texts = {key: text.replace("세계시", "") for key, text in catalogue("ko").items()}
    wrong = {key: (word, FORBIDDEN[word]) for key, text in texts.items() for word in FORBIDDEN if word in text}
    assert wrong == {}


def test_the_provider_is_called_the_same_everywhere():
    """충전 사업자, but where KEPCO's own plan for providers (제공사업자용) is named."""
    alone = re.compile(r"(?<!충전 )(?<!제공)사업자(?!용)")
    assert {key: text for key, text in catalogue("ko").items() if alone.search(text)} == {}


def test_a_station_is_a_charger_and_is_counted_as_one():
    texts = catalogue("ko")
    assert texts["axis.station"] == texts["explore.station"] == "충전기"
    assert texts["groups.site"] == "충전소"
    assert {key: text for key, text in texts.items() if re.search(r"충전기 (\{\w+\}|\d+)개", text)} == {}


def test_no_korean_sentence_leaves_the_choice_of_a_particle_to_the_reader():
    chosen = re.compile(r"[은이을과]\([는가를와]\)|\((은|이|을|과|으로)/(는|가|를|와|로)\)")
    assert {key: text for key, text in catalogue("ko").items() if chosen.search(text)} == {}
