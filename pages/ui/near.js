// Says whether its section is on screen or less than half a screen below or above it.
export default function ({ parentElement, data, setStateValue }) {
  const section = (parentElement.host ?? parentElement).closest(`.st-key-near_${data.name}`)
  if (!section) return
  let said = data.near
  const look = new IntersectionObserver(
    entries => {
      const near = entries.at(-1).isIntersecting
      if (near !== said) setStateValue("near", (said = near))
    },
    { rootMargin: "50% 0px" },
  )
  look.observe(section)
  return () => look.disconnect()
}
