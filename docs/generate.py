"""What is written from the sources instead of by hand: lists in README and the nomenclature, and stubs of pages.

`make generate` writes them; a test says when that was forgotten.

A stub stands beside `pages/views` for every page but the first: for a link that is the first request of a fresh server,
Streamlit looks for pages there, before the app has said where they are.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from core.accounts.indicators import FIGURES, UNITS  # noqa: E402 - run as a script, from anywhere
from core.agents.registry import AGENTS  # noqa: E402
from core.measure.readme import put  # noqa: E402
from core.scenario import PRESETS  # noqa: E402
from pages.ui.frame import PAGES  # noqa: E402
from pages.ui.i18n import translate  # noqa: E402

LEARNED = (
    "learned: one small policy for every scenario that corrects a [coordinated plan](docs/learning.md) of all cars"
)

LEARNED_KO = "학습형: 모든 차량의 [조정된 계획](docs/learning.md)을 보정하는 작은 정책 하나를 모든 시나리오에 씁니다"

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
    agents = [(f"`{name}`", _said(name)) for name, info in AGENTS.items() if not info.learned]
    learned = ", ".join(f"`{name}`" for name, info in AGENTS.items() if info.learned)
    put("agents", _table(("agent", "what it does"), [*agents, *([(learned, LEARNED)] if learned else [])]), readme)
    _korean(root, learned)
    figures = [(f"`{name}`", UNITS[entry.kind], entry.meaning.rstrip(".")) for name, entry in FIGURES.items()]
    put("figures", _table(("name", "unit", "definition"), figures), root / "docs/nomenclature.md")
    for name in PAGES[1:]:
        (root / f"pages/{name}.py").write_text(STUB, "utf-8")


def _korean(root: Path, learned: str) -> None:
    """README in Korean: its lists from the Korean catalogue, its measured tables as README has them, under Korean heads."""
    korean = root / "README.ko.md"
    presets = [(f"`{name}`", translate("ko", f"presets.{name}.description")) for name in PRESETS]
    put("presets", _table(("프리셋", "내용"), presets), korean)
    names = [name for name, info in AGENTS.items() if not info.learned]
    agents = [(f"`{name}`", translate("ko", f"agents.{name}.description")) for name in names]
    put("agents", _table(("제어 방법", "하는 일"), [*agents, *([(learned, LEARNED_KO)] if learned else [])]), korean)
    readme = (root / "README.md").read_text("utf-8")
    for name, head in MEASURED_KO.items():
        table = readme.partition(f"<!-- {name}:start -->")[2].partition(f"<!-- {name}:end -->")[0].strip()
        first, rest = table.split("\n", 1)
        if first.count("|") != head.count("|"):
            raise ValueError(f"README.ko.md heads other columns than README's table '{name}': {first}")
        for english, translated in CELLS_KO.items():
            rest = rest.replace(english, translated)
        put(name, f"{head}\n{rest}", korean)


def _said(agent: str) -> str:
    return translate("en", f"agents.{agent}.description")


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    first, *rest = (" | ".join(cell.replace("|", "\\|") for cell in row) for row in (head, *rows))
    columns = first.count(" | ") + 1
    return "\n".join([f"| {first} |", f"|{'---|' * columns}", *(f"| {row} |" for row in rest)])


if __name__ == "__main__":
    generate()
