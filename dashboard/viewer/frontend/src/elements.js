// Small makers of elements. Text from data enters as text, never as markup.

export function make(tag, className, ...children) {
  const element = document.createElement(tag)
  element.className = className
  element.append(...children)
  return element
}

export function makeButton(label, path, onClick) {
  const button = make("button", "icon")
  button.type = "button"
  button.title = label
  button.setAttribute("aria-label", label)
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg")
  svg.setAttribute("viewBox", "0 0 24 24")
  svg.setAttribute("aria-hidden", "true")
  const drawn = document.createElementNS("http://www.w3.org/2000/svg", "path")
  drawn.setAttribute("d", path)
  svg.append(drawn)
  button.append(svg)
  button.onclick = onClick
  return button
}

/** A slider in percent. @returns {{element: HTMLElement, show: (note: string) => void}} */
export function makeSlider(label, percent, onInput) {
  const input = document.createElement("input")
  Object.assign(input, { type: "range", min: 0, max: 100, step: 1, value: percent })
  input.setAttribute("aria-label", label)
  const output = make("output", "")
  input.oninput = () => onInput(Number(input.value))
  return {
    element: make("label", "slider", make("span", "", label), input, output),
    show: (note) => {
      output.textContent = note
    },
  }
}

export function makeToggle(label, checked, onChange) {
  const input = document.createElement("input")
  Object.assign(input, { type: "checkbox", checked })
  input.onchange = () => onChange(input.checked)
  return make("label", "toggle", input, make("span", "", label))
}
