// What the colours of a map stand for, and what is said of the region that is chosen or pointed at.

import { make, makeButton } from "./elements.js"

const PREVIOUS = "M15 5l-7 7 7 7"
const NEXT = "M9 5l7 7-7 7"

export class Legend {
  /** @param {(step: number) => void} onStep from the strongest region to the weaker ones */
  constructor(onStep) {
    this.ramp = make("i", "ramp")
    this.ends = [make("span", ""), make("span", "")]
    this.title = make("b", "")
    this.meaning = make("p", "meaning")
    this.sentence = make("p", "sentence")
    this.sentence.setAttribute("aria-live", "polite")
    this.row = make(
      "div",
      "row",
      make("div", "legend", this.title, make("div", "colours", this.ends[0], this.ramp, this.ends[1])),
      make(
        "div",
        "steps",
        make("span", "", "By rank"),
        makeButton("Stronger region", PREVIOUS, () => onStep(-1)),
        makeButton("Weaker region", NEXT, () => onStep(1)),
      ),
    )
    this.element = make("div", "legend-part", this.row, this.sentence, this.meaning)
  }

  /** @param {object} map see SlideViewer  @param {string[]} palette  @param {boolean} byRank */
  describe(map, scale, palette, byRank) {
    this.map = map
    this.scale = scale
    this.row.hidden = scale.order.length === 0
    this.title.textContent = map.title
    this.meaning.textContent = map.meaning
    this.ramp.style.background = `linear-gradient(to right, ${palette.join(",")})`
    const places = this.#places(byRank)
    this.ends.forEach((end, side) => {
      end.textContent = [map.low, map.high][side] + (places[side] && ` ${places[side]}`)
    })
  }

  /** Say which region is chosen, or pointed at. */
  tell(index) {
    this.sentence.textContent = index === null ? "Click a region to choose it." : this.#describeRegion(index)
  }

  /** In words, for a picture that is saved. */
  get caption() {
    return `${this.map.title}: ${this.ends.map((end) => end.textContent).join(" – ")}`
  }

  #places(byRank) {
    if (byRank) return this.map.diverging ? ["(strongest)", "(strongest)"] : ["(0 %)", "(100 %)"]
    if (this.map.patches) return ["", ""]
    return [this.scale.write(this.scale.lowest), this.scale.write(this.scale.highest)]
  }

  #describeRegion(index) {
    const { scale } = this
    const score = scale.scores[index]
    if (score === null) return `Region ${index + 1}: no score`
    return `Region ${index + 1}: ${this.map.score} ${scale.write(score)}, rank ${scale.rank(index)} of ${scale.order.length}`
  }
}
