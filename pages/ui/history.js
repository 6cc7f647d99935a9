// Streamlit pushes a page's bare path when it is opened, and once more when the page writes its address. The bare path
// says nothing, so whoever goes back to it is sent forward again: the second push takes the place of the first.
export default function () {
  const { history, location } = window
  if (history.pagesAreSteps) return
  history.pagesAreSteps = true
  const push = history.pushState.bind(history)
  history.pushState = (state, unused, url) => {
    const next = new URL(url, location.href)
    const same = next.pathname === location.pathname && location.search === ""
    return same ? history.replaceState(state, unused, url) : push(state, unused, url)
  }
  // The first page wrote its address before this ran. What was asked for is one step back: go there unnoticed, and let
  // the whole address take its place. Browsers that do not say what is there keep the one press more.
  const { navigation } = window
  const before = navigation?.entries()[navigation.currentEntry.index - 1]
  const asked = performance.getEntriesByType("navigation")[0]?.name
  if (!before?.sameDocument || before.url !== asked || new URL(asked).pathname !== location.pathname) return
  const { state } = history
  const written = location.href
  window.addEventListener(
    "popstate",
    event => {
      event.stopImmediatePropagation()
      history.replaceState(state, "", written)
    },
    { capture: true, once: true },
  )
  history.back()
}
