// Says which of its sections are on screen, or less than half a screen below or above it.
export default function ({ data, setStateValue }) {
  let said = data.near.join()
  let waiting = null
  const look = () => {
    waiting = null
    const half = window.innerHeight / 2
    const near = data.names.filter(name => {
      const box = document.querySelector(`.st-key-near_${name}`)?.getBoundingClientRect()
      return box && box.top < window.innerHeight + half && box.bottom > -half
    })
    if (near.join() !== said) {
      said = near.join()
      setStateValue("near", near)
    }
  }
  const soon = () => (waiting ??= window.setTimeout(look, 100))
  const all = { capture: true, passive: true }
  document.addEventListener("scroll", soon, all)
  window.addEventListener("resize", soon)
  const grows = new ResizeObserver(soon)
  grows.observe(document.querySelector("[data-testid=stMainBlockContainer]") ?? document.body)
  soon()
  return () => {
    window.clearTimeout(waiting)
    grows.disconnect()
    document.removeEventListener("scroll", soon, all)
    window.removeEventListener("resize", soon)
  }
}
