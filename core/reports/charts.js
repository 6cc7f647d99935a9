// Each chart of a report: a picture, which stays where this cannot run, until the reader is near it; then the chart itself.
// Expressions are interpreted, not compiled, so that the page's policy can forbid text to become code.
const draw = async place => {
  const spec = JSON.parse(place.querySelector("script").textContent)
  const live = document.createElement("div")
  const picture = place.querySelector("img")
  live.style.minHeight = `${picture.offsetHeight}px`
  picture.hidden = true
  place.append(live)
  try {
    await vegaEmbed(live, spec, {
      actions: false,
      ast: true,
      logLevel: 1,
      mode: "vega-lite",
      renderer: place.dataset.renderer,
      tooltip: { theme: document.body.dataset.theme },
    })
    live.style.minHeight = ""
  } catch (error) {
    live.remove()
    picture.hidden = false
    console.warn(error)
  }
}
const near = new IntersectionObserver(
  entries => {
    for (const entry of entries.filter(one => one.isIntersecting)) {
      near.unobserve(entry.target)
      draw(entry.target)
    }
  },
  { rootMargin: "600px" },
)
document.querySelectorAll("figure").forEach(place => near.observe(place))
