"""The model in one picture, as SVG: from a scenario to a ledger, and what flows between the three stakeholders."""

from __future__ import annotations

from dataclasses import dataclass, field
from html import escape

from core.figures.figure import wrapped
from core.figures.style import FONT, Style

BOX_W = 168
"""Width of a box [px]."""

LETTER_PX = 6.6
"""Width of a small letter; a Korean one is as wide as two."""


@dataclass(slots=True)
class _Drawing:
    """What has been drawn so far."""

    style: Style
    parts: list[str] = field(default_factory=list)

    def text(self, x: float, y: float, words: str, *, size: int = 12, colour: str = "", bold: bool = False,
             halo: bool = False) -> None:  # fmt: skip
        weight = ' font-weight="600"' if bold else ""
        fill = colour or self.style.colours.text
        look = f'font-size="{size}" fill="{fill}" text-anchor="middle"{weight}'
        if halo:  # a line behind the words ends short of them
            look += f' paint-order="stroke" stroke="{self.style.colours.background}" stroke-width="5"'
        self.parts.append(f'<text x="{x:g}" y="{y:g}" {look}>{escape(words)}</text>')

    def box(self, x: float, y: float, key: str, edge: str, *, width: int = BOX_W, height: int = 84) -> None:
        """A rounded box with the name and the meaning of a part."""
        colour, label = self.style.colours, self.style.text
        self.parts.append(
            f'<rect x="{x:g}" y="{y:g}" width="{width}" height="{height}" rx="8" fill="{edge}" fill-opacity="0.10" '
            f'stroke="{edge}" stroke-width="1.5"/>'
        )
        self.text(x + width / 2, y + 21, label(f"picture.{key}"), size=14, bold=True)
        lines = wrapped(label(f"picture.{key}_what"), int((width - 14) / LETTER_PX))
        for n, line in enumerate(lines):
            self.text(x + width / 2, y + 40 + 15 * n, line, size=11, colour=colour.muted)

    def arrow(self, x1: float, y1: float, x2: float, y2: float, colour: str, key: str = "", *, dashed: bool = False,
              at: tuple[float, float] | None = None, room: int = 120) -> None:  # fmt: skip
        """A line with a head at its end, and what flows along it."""
        dash = ' stroke-dasharray="5 4"' if dashed else ""
        self.parts.append(
            f'<line x1="{x1:g}" y1="{y1:g}" x2="{x2:g}" y2="{y2:g}" stroke="{colour}" stroke-width="1.75"{dash}/>'
        )
        # The head is drawn, not a marker: two pictures on one page would share its name.
        dx, dy = x2 - x1, y2 - y1
        length = (dx * dx + dy * dy) ** 0.5
        ux, uy = dx / length, dy / length
        corners = [(x2, y2), (x2 - 8 * ux - 4 * uy, y2 - 8 * uy + 4 * ux), (x2 - 8 * ux + 4 * uy, y2 - 8 * uy - 4 * ux)]
        points = " ".join(f"{x:.1f},{y:.1f}" for x, y in corners)
        self.parts.append(f'<polygon points="{points}" fill="{colour}"/>')
        if key:
            lines = wrapped(self.style.text(f"picture.{key}"), int(room / LETTER_PX))
            x, y = at or ((x1 + x2) / 2, (y1 + y2) / 2 - 6 - 13 * (len(lines) - 1))
            for n, line in enumerate(lines):
                self.text(x, y + 13 * n, line, size=11, colour=colour, halo=at is not None)

    def frame(self, x: float, y: float, width: float, height: float) -> None:
        """A thin line around parts that belong together."""
        self.parts.append(
            f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" rx="10" fill="none" '
            f'stroke="{self.style.colours.line}" stroke-width="1.5"/>'
        )

    def svg(self, width: int, height: int) -> str:
        title = escape(self.style.text("picture.alt"))
        size = f'viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
        named = f'role="img" aria-label="{title}" font-family="{escape(FONT)}"'
        return f'<svg xmlns="http://www.w3.org/2000/svg" {size} {named}>{"".join(self.parts)}</svg>'


def wide(style: Style) -> str:
    """The picture for a wide screen."""
    colour, drawing = style.colours, _Drawing(style)
    xs = [4 + 198 * n for n in range(5)]
    y = 150
    for x, key in zip(xs, ("scenario", "world", "ev2gym", "trace", "ledger"), strict=True):
        drawing.box(x, y, key, colour.muted)
    drawing.box(xs[2], 4, "agent", colour.charge)
    for x in xs[:4]:
        drawing.arrow(x + BOX_W, y + 42, x + 198, y + 42, colour.muted)
    drawing.arrow(xs[2] + 60, y, xs[2] + 60, 88, colour.muted, "sees", at=(xs[2] - 46, 122), room=190)
    drawing.arrow(xs[2] + 108, 88, xs[2] + 108, y, colour.charge, "acts", at=(xs[3] + 20, 122), room=190)
    # Who gains what.
    top, w = 300, 200
    market, provider, drivers = 14, 392, 770
    drawing.text(480, top - 26, style.text("picture.flows"), size=13, bold=True)
    drawing.box(market, top, "market", colour.muted, width=w, height=118)
    drawing.box(provider, top, "provider", colour.provider, width=w, height=118)
    drawing.box(drivers, top, "drivers", colour.drivers, width=w, height=118)
    for left, right, names in ((market, provider, "market"), (provider, drivers, "drivers")):
        a, b = left + w, right
        drawing.arrow(a, top + 22, b, top + 22, colour.charge, f"energy_{names}", room=180)
        drawing.arrow(b, top + 50, a, top + 50, colour.discharge, f"back_{names}", dashed=True, room=180)
        drawing.arrow(b, top + 80, a, top + 80, colour.price, f"money_{names}", room=180)
        drawing.arrow(a, top + 108, b, top + 108, colour.price, f"paid_{names}", dashed=True, room=180)
    drawing.box(provider - 130, top + 146, "grid", colour.grid, width=w + 260, height=76)
    # What the ledger counts is all of this.
    drawing.frame(2, top - 46, 980, 282)
    drawing.arrow(xs[4] + 84, y + 84, xs[4] + 84, top - 46, colour.muted)
    return drawing.svg(984, top + 240)


def narrow(style: Style) -> str:
    """The same for a phone: one part below another."""
    colour, drawing = style.colours, _Drawing(style)
    x, w, step = 8, 344, 104
    y = 4.0
    drawing.box(x, y, "scenario", colour.muted, width=w, height=70)
    drawing.arrow(180, y + 70, 180, y + step, colour.muted)
    y += step
    drawing.box(x, y, "world", colour.muted, width=w, height=70)
    drawing.arrow(46, y + 70, 46, y + step + 146, colour.muted)
    y += step
    drawing.box(96, y, "agent", colour.charge, width=w - 88, height=70)
    drawing.arrow(160, y + 146, 160, y + 70, colour.muted, "sees", at=(160, y + 106), room=110)
    drawing.arrow(290, y + 70, 290, y + 146, colour.charge, "acts", at=(290, y + 106), room=110)
    y += 146
    drawing.box(x, y, "ev2gym", colour.muted, width=w, height=70)
    drawing.arrow(180, y + 70, 180, y + step, colour.muted)
    y += step
    drawing.box(x, y, "trace", colour.muted, width=w, height=70)
    drawing.arrow(180, y + 70, 180, y + step, colour.muted)
    y += step
    drawing.box(x, y, "ledger", colour.muted, width=w, height=70)
    y += 104
    drawing.text(180, y, style.text("picture.flows"), size=13, bold=True)
    y += 16
    for key, edge, below in (("market", colour.muted, "market"), ("provider", colour.provider, "drivers")):
        drawing.box(x, y, key, edge, width=w, height=74)
        top, end = y + 74, y + 188
        drawing.arrow(50, top, 50, end, colour.charge, f"energy_{below}", at=(50, top + 40), room=74)
        drawing.arrow(136, end, 136, top, colour.discharge, f"back_{below}", dashed=True, at=(136, top + 40), room=74)
        drawing.arrow(222, end, 222, top, colour.price, f"money_{below}", at=(222, top + 40), room=74)
        drawing.arrow(308, top, 308, end, colour.price, f"paid_{below}", dashed=True, at=(308, top + 40), room=74)
        y = end
    drawing.box(x, y, "drivers", colour.drivers, width=w, height=74)
    drawing.box(x, y + 92, "grid", colour.grid, width=w, height=100)
    return drawing.svg(360, int(y + 196))
