// A strip with one step at a time. What a step speaks of is outlined; the browser remembers that the tour is over.
const OVER = "enerv2gize.tour"

function over() {
  try { return window.localStorage.getItem(OVER) === "over" } catch { return true }
}

export default function ({ data, parentElement }) {
  let outlined = null
  const let_go = () => { if (outlined) outlined.style.outline = ""; outlined = null }
  const box = parentElement.querySelector(".tour") ?? document.createElement("div")
  box.className = "tour"
  let at = Number(box.dataset.at ?? 0)
  const end = () => {
    try { window.localStorage.setItem(OVER, "over") } catch { /* shown again next time */ }
    let_go()
    box.remove()
  }
  const show = () => {
    box.dataset.at = String(at)
    const step = data.steps[at], last = at === data.steps.length - 1
    const head = document.createElement("b"), text = document.createElement("span")
    head.textContent = step.head
    text.textContent = step.text
    const buttons = [[last ? data.done : data.next, last ? end : () => { at += 1; show() }]]
    if (!last) buttons.push([data.skip, end])
    box.replaceChildren(head, text, ...buttons.map(([words, act]) => {
      const button = document.createElement("button")
      button.textContent = words
      button.onclick = act
      return button
    }))
    let_go()
    if (at === 0) return
    outlined = document.querySelector("." + step.at)
    if (outlined) {
      outlined.style.outline = "2px solid var(--st-primary-color, #0072B2)"
      outlined.scrollIntoView({ block: "nearest" })
    }
  }
  if (over()) { box.remove(); return }
  if (!box.isConnected) parentElement.appendChild(box)
  show()
  return let_go
}
