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
}
