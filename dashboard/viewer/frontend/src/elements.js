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

/**
 * A slider in percent. `onInput` follows the hand, `onSettle` comes once it rests.
 *
 * @returns {{element: HTMLElement, show: (percent: number) => void}}
 */
export function makeSlider(label, onInput, onSettle) {
  const input = document.createElement("input")
  Object.assign(input, { type: "range", min: 0, max: 100, step: 1 })
  input.setAttribute("aria-label", label)
  const output = make("output", "")
  input.oninput = () => onInput(Number(input.value))
  input.onchange = onSettle
  return {
    element: make("label", "slider", make("span", "", label), input, output),
    show: (percent) => {
      input.value = percent
      output.textContent = `${percent} %`
    },
  }
}

/** @returns {{element: HTMLElement, show: (checked: boolean) => void}} */
export function makeToggle(label, onChange) {
  const input = document.createElement("input")
  input.type = "checkbox"
  input.onchange = () => onChange(input.checked)
  return {
    element: make("label", "toggle", input, make("span", "", label)),
    show: (checked) => {
      input.checked = checked
    },
  }
}

/** @returns {{element: HTMLElement, show: (options: {key: string, title: string}[], chosen: string) => void}} */
export function makeSelect(label, onChange) {
  const select = document.createElement("select")
  select.setAttribute("aria-label", label)
  select.onchange = () => onChange(select.value)
  return {
    element: make("label", "choice", make("span", "", label), select),
    show: (options, chosen) => {
      select.replaceChildren(...options.map(({ key, title }) => new Option(title, key, false, key === chosen)))
    },
  }
}
