// The regions at both ends of a map, as pictures. A click flies to one.

import { make } from "./elements.js"
import { paintRegion } from "./region_picture.js"

const A_SIDE = 5
const PICTURE_PX = 84

export class Gallery {
  /** @param {(index: number) => void} onChoose */
  constructor(onChoose) {
    this.onChoose = onChoose
    this.element = make("div", "gallery")
    this.pictures = new Map()
    this.buttons = new Map()
  }

  /** Another slide: what was painted is of no use. */
  forget() {
    this.pictures.clear()
    this.scale = null
    this.element.replaceChildren()
  }

  /**
   * @param {string} url @param {object} info of the slide @param {{x: number[], y: number[], size: number[]}} regions
   * @param {import("./scale.js").ScoreScale} scale @param {{top: string, bottom: string}} words
   */
  show(url, info, regions, scale, words) {
    // What is the same stays, and with it the focus.
    if (this.scale === scale) return
    this.scale = scale
    this.buttons.clear()
    const paint = (index) => this.#picture(url, info, regions, index)
    const ends = extremes(scale)
    const groups = [[words.top, ends.top], [words.bottom, ends.bottom]]
    this.element.replaceChildren(
      ...groups
        .filter(([, indices]) => indices.length)
        .map(([title, indices]) => make("section", "", make("b", "", title), this.#row(indices, scale, paint))),
    )
  }

  mark(selected) {
    for (const [index, button] of this.buttons) button.setAttribute("aria-pressed", index === selected)
  }

  #row(indices, scale, paint) {
    const buttons = indices.map((index) => {
      const score = scale.write(scale.scores[index])
      const caption = make("span", "", `${index + 1}: ${score}`)
      const button = make("button", "picture", paint(index), caption)
      button.type = "button"
      button.setAttribute("aria-label", `Fly to region ${index + 1}, score ${score}`)
      button.onclick = () => this.onChoose(index)
      this.buttons.set(index, button)
      return button
    })
    return make("div", "pictures", ...buttons)
  }

  #picture(url, info, regions, index) {
    if (!this.pictures.has(index)) {
      const canvas = document.createElement("canvas")
      canvas.width = canvas.height = Math.round(PICTURE_PX * window.devicePixelRatio)
      paintRegion(url, info, regions.x[index], regions.y[index], regions.size[index], canvas)
      this.pictures.set(index, canvas)
    }
    return this.pictures.get(index)
  }
}

/** Up to five regions at each end, none at both; of signed scores only those that are written with the end's sign. */
function extremes(scale) {
  const { scores, order, diverging } = scale
  const ranked = order.toSorted((a, b) => scores[b] - scores[a] || a - b)
  const half = Math.ceil(ranked.length / 2)
  const top = ranked.slice(0, diverging ? undefined : half).filter((index) => !diverging || scale.sign(index) > 0)
  const bottom = ranked.slice(diverging ? 0 : half).filter((index) => !diverging || scale.sign(index) < 0)
  return { top: top.slice(0, A_SIDE), bottom: bottom.slice(-A_SIDE).reverse() }
}
