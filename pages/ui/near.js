// Where a link of the page leads, while sections on the way to it are still being drawn.
let aim = null
let forgotten = null

const forget = () => { aim = null }
const follow = event => {
  const link = event.target.closest?.("a[href^='#']")
  if (link) { aim = link.getAttribute("href").slice(1); keep() }
}
// So long after the last thing that was drawn, or until the reader scrolls.
const keep = () => { window.clearTimeout(forgotten); forgotten = window.setTimeout(forget, 5000) }

// Says which of its sections are on screen, or less than half a screen below or above it, when another one is.
export default function ({ data, setStateValue }) {
  let said = data.near
  let waiting = null
  const section = name => document.querySelector(`.st-key-near_${name}`)
  const look = () => {
    waiting = null
    const half = window.innerHeight / 2
    const near = data.names.filter(name => {
      const box = section(name)?.getBoundingClientRect()
      return box && box.top < window.innerHeight + half && box.bottom > -half
    })
    // A section that is left keeps its height, so that nothing below it moves.
    for (const name of said) {
      const left = section(name)
      if (left) left.style.minHeight = `${left.getBoundingClientRect().height}px`
    }
    if (near.some(name => !said.includes(name))) {
      said = near
      // A moment besides: what was said before the page was left and come back to would not be said again.
      setStateValue("near", [...near, String(performance.now())])
    }
  }
  const soon = () => (waiting ??= window.setTimeout(look, 100))
  const resized = () => {
    for (const name of data.names) section(name)?.style.removeProperty("min-height")
    soon()
  }
  document.addEventListener("click", follow)
  for (const turn of ["wheel", "touchmove", "keydown"]) document.addEventListener(turn, forget, { passive: true })
  document.addEventListener("scroll", soon, { capture: true, passive: true })
  window.addEventListener("resize", resized)
  const grows = new ResizeObserver(() => {
    if (aim) { document.getElementById(aim)?.scrollIntoView(); keep() }
    soon()
  })
  grows.observe(document.querySelector("[data-testid=stMainBlockContainer]") ?? document.body)
  soon()
  return () => {
    window.clearTimeout(waiting)
    grows.disconnect()
    document.removeEventListener("click", follow)
    for (const turn of ["wheel", "touchmove", "keydown"]) document.removeEventListener(turn, forget)
    document.removeEventListener("scroll", soon, { capture: true })
    window.removeEventListener("resize", resized)
  }
}
