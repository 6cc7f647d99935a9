// When another station has been chosen, its detail comes into view; a page opened by a link stays where it is.
export default function ({ data }) {
  const before = window.shownStation
  window.shownStation = data.station
  if (before === undefined || data.station === null || before === data.station) return
  const show = () => document.querySelector(".st-key-figure_station_detail")?.scrollIntoView({ block: "nearest" })
  // Once it is there, and once more when its chart has its height.
  window.setTimeout(show, 150)
  window.setTimeout(show, 900)
}
