"""What is written from the sources instead of by hand: lists in README and the nomenclature, and stubs of pages.

`make generate` writes them; a test says when that was forgotten.

A stub stands beside `pages/views` for every page but the first: for a link that is the first request of a fresh server,
Streamlit looks for pages there, before the app has said where they are.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from core.accounts.indicators import FIGURES, UNITS  # noqa: E402 - run as a script, from anywhere
from core.agents.info import LEARNED  # noqa: E402
from core.agents.registry import AGENTS  # noqa: E402
from core.measure.readme import put  # noqa: E402
from core.scenario import PRESETS  # noqa: E402
from pages.ui.frame import PAGES  # noqa: E402
from pages.ui.i18n import translate  # noqa: E402

MEASURED_KO = {
    "quality": "| 제어 방법 | 달성률 (95 % 구간) | 중앙값 | `mpc`와의 차이, %p | 충족률 | 과부하, kWh | 열화, kWh | 결정, ms "
    "| 기본 시나리오 |",
    "bench": "| 항목 | 측정값 | 최대 목표 | 내용 |",
}
"""Heads of README's measured tables in Korean, column by column."""

CELLS_KO = {
    "changed slider to finished chart specifications, `best` against `afap`": "슬라이더를 바꾼 뒤 그림 명세가 완성될 때까지, `best`와 `afap`",
    "of that, EV2Gym's own stepping (two episodes)": "그중 EV2Gym 자체의 실행(에피소드 두 번)",
    "of that, the figures": "그중 그림",
    "one episode of plain EV2Gym: construct, reset, run": "EV2Gym만으로 에피소드 한 번: 생성, 초기화, 실행",
    "plain EV2Gym's `step` alone": "EV2Gym의 `step`만",
    "the optimum where binaries are needed, 25 stations": "이진 변수가 필요한 최적해, 충전기 25대",
    "the optimum, 25 stations": "최적해, 충전기 25대",
    "the optimum, 200 stations": "최적해, 충전기 200대",
    "what that leaves open, worst of five days": "그때 남는 차이, 5일 중 가장 큰 값",
    "one decision of `mpc` with cars plugged in, 25 stations": "차량이 연결된 동안 `mpc`의 결정 한 번, 충전기 25대",
    "share of the possible gain that `mpc` gains, 50 days with load, PV and a binding limit": "`mpc`의 달성률, 부하·태양광이 있고 한도에 걸리는 50일",
    "one decision of a learned agent with cars plugged in, 25 ports": "차량이 연결된 동안 학습형 방법의 결정 한 번, 포트 25개",
    "the same for 10,000 ports": "같은 값, 포트 10,000개",
    "batch engine under given random actions, one core": "일괄 엔진, 주어진 무작위 동작, 코어 하나",
    "batch engine, `afap`, one core": "일괄 엔진, `afap`, 코어 하나",
    "that over plain EV2Gym's `step`": "EV2Gym의 `step`에 대한 배수",
    "two cores over one": "코어 하나에 대한 코어 두 개의 배수",
    "building a World, 25 stations": "외부 조건 만들기, 충전기 25대",
    "a year under four heuristics, Worlds included, one process": "단순 규칙 네 가지로 한 해, 외부 조건 포함, 프로세스 하나",
    "Compare: eight agents, three of them learned, changed scenario to finished charts": "비교: 제어 방법 여덟 가지(학습형 셋), 시나리오를 바꾼 뒤 그림이 완성될 때까지",
    "the same with `mpc`; the others are on screen before it": "`mpc`를 더했을 때(나머지는 먼저 표시)",
    "Compare: chart specifications with data, 200 stations, eight agents": "비교: 데이터를 포함한 그림 명세, 충전기 200대, 제어 방법 여덟 가지",
    "Robustness: 100 days under the eight agents, two threads": "강건성: 제어 방법 여덟 가지로 100일, 스레드 두 개",
    "of that, until the first results": "그중 첫 결과까지",
    "Robustness: 365 days under the eight agents": "강건성: 제어 방법 여덟 가지로 365일",
    "Robustness: chart specifications with data of those 365 days": "강건성: 그 365일의 데이터를 포함한 그림 명세",
    "Trade-offs: 15 x 15 values under `afap`, two learned agents and `best`": "상충 관계: `afap`, 학습형 둘, `best`로 15 x 15개 값",
    "Trade-offs: chart specifications with data of that": "상충 관계: 그 데이터를 포함한 그림 명세",
    "`streamlit run` to the first chart in a browser": "`streamlit run`부터 브라우저의 첫 그림까지",
    "memory of the server after that": "그 뒤 서버의 메모리",
    "plain EV2Gym in a `DummyVecEnv`, random actions": "`DummyVecEnv` 안의 EV2Gym, 무작위 행동",
    "`SiteVecEnv` of the same site, random actions": "같은 충전소의 `SiteVecEnv`, 무작위 행동",
    "that over EV2Gym's": "EV2Gym에 대한 배수",
    "plain EV2Gym in a `DummyVecEnv`, in PPO's own loop with its updates": "`DummyVecEnv` 안의 EV2Gym, 갱신을 포함한 PPO의 학습 과정에서",
    "`SiteVecEnv` likewise": "같은 조건의 `SiteVecEnv`",
    "the same with a limit of 72 kW, which binds on most days": "거의 매일 걸리는 72 kW 한도에서 같은 계산",
    "of the former, until the first results": "앞의 값 중 첫 결과까지",
    "the same with nothing compiled or cached beside what is shipped, without a browser": "배포된 것 말고는 컴파일된 것도 캐시도 없을 때, 브라우저 없이",
    "Robustness on such a machine: opened to the first chart": "그런 컴퓨터에서 강건성 페이지를 열고 첫 그림까지",
    "Explore in a browser: key press on a slider to the first new card, median": "브라우저의 탐색 페이지: 슬라이더를 누르고 첫 카드가 바뀔 때까지, 중앙값",
    "the same, 95th percentile": "같은 값의 95번째 백분위수",
    "that median over the same of a page with nothing but a slider and a chart": "그 중앙값이 슬라이더와 그림 하나뿐인 페이지의 몇 배인지",
    "Explore: key press until no chart, table or text changes any more": "탐색: 그림, 표, 글이 더 바뀌지 않을 때까지",
    "Explore: another agent chosen to the first new card": "탐색: 제어 방법을 바꾸고 첫 카드가 바뀔 때까지",
    "Compare: key press until nothing changes any more": "비교: 더 바뀌는 것이 없을 때까지",
    "the page with nothing but a slider and a chart: key press to the new value": "슬라이더와 그림 하나뿐인 페이지: 누르고 새 값이 보일 때까지",
    "the same until its chart stands": "그 페이지의 그림이 다 그려질 때까지",
    "what a first visit to Explore brings over the network": "탐색 페이지를 처음 열 때 네트워크로 받는 양",
    "what Streamlit itself brings for a slider and a chart, not compressed": "슬라이더와 그림 하나뿐인 페이지에서 Streamlit이 보내는 양, 압축 없이",
    "the same behind a proxy that compresses": "압축하는 프록시 뒤에서 받는 양",
    "a reload of Explore to its first chart": "탐색 페이지를 다시 불러와 첫 그림까지",
    "the same of a page with nothing but a slider and a chart": "슬라이더와 그림 하나뿐인 페이지에서 같은 값",
    " port-steps/s |": " 포트·단계/초 |",
}
"""Cells of those tables in Korean; a cell that is missing here stays as it is."""

STUB = '''\
"""Only for a link that is the first request of a fresh server: Streamlit then runs this file alone, not the app."""

import runpy
from pathlib import Path

runpy.run_path(str(Path(__file__).parents[1] / "streamlit_app.py"))
'''


def generate(root: Path = ROOT) -> None:
    """Write everything below `root`."""
    readme = root / "README.md"
    presets = [(f"`{name}`", translate("en", f"presets.{name}.description")) for name in PRESETS]
    put("presets", _table(("preset", "what it is"), presets), readme)
    put("agents", _table(("agent", "what it does"), _agents("en")), readme)
    _korean(root)
    figures = [(f"`{name}`", UNITS[entry.kind], entry.meaning.rstrip(".")) for name, entry in FIGURES.items()]
    put("figures", _table(("name", "unit", "definition"), figures), root / "docs/nomenclature.md")
    for name in PAGES[1:]:
        (root / f"pages/{name}.py").write_text(STUB, "utf-8")


def _korean(root: Path) -> None:
    """README in Korean: its lists from the Korean catalogue, its measured tables as README has them, under Korean heads."""
    korean = root / "README.ko.md"
    presets = [(f"`{name}`", translate("ko", f"presets.{name}.description")) for name in PRESETS]
    put("presets", _table(("프리셋", "내용"), presets), korean)
    put("agents", _table(("제어 방법", "하는 일"), _agents("ko")), korean)
    readme = (root / "README.md").read_text("utf-8")
    for name, head in MEASURED_KO.items():
        table = readme.partition(f"<!-- {name}:start -->")[2].partition(f"<!-- {name}:end -->")[0].strip()
        first, rest = table.split("\n", 1)
        if first.count("|") != head.count("|"):
            raise ValueError(f"README.ko.md heads other columns than README's table '{name}': {first}")
        for english, translated in CELLS_KO.items():
            rest = rest.replace(english, translated)
        put(name, f"{head}\n{rest}", korean)


def _agents(language: str) -> Iterator[tuple[str, str]]:
    """Every agent with what it does; learned ones by family, those for whole sites by the pattern of their names."""
    for name, info in AGENTS.items():
        if not info.learned:
            yield f"`{name}`", translate(language, f"agents.{name}.description")
    for family in LEARNED:
        names = [name for name, info in AGENTS.items() if info.family == family]
        shown = ["site_ALGORITHM_REWARD"] if family == "whole_site" else names
        if names:
            title, note = (translate(language, f"families.{key}") for key in (family, f"note.{family}"))
            yield ", ".join(f"`{name}`" for name in shown), f"{title}. {note}"


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    first, *rest = (" | ".join(cell.replace("|", "\\|") for cell in row) for row in (head, *rows))
    columns = first.count(" | ") + 1
    return "\n".join([f"| {first} |", f"|{'---|' * columns}", *(f"| {row} |" for row in rest)])


if __name__ == "__main__":
    generate()
