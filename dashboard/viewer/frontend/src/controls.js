// What stands around the slide: sliders, legend, and the words on the chosen region. All of it works in the browser.

import { make, makeButton, makeSlider, makeToggle } from "./elements.js"

const PREVIOUS = "M15 5l-7 7 7 7"
const NEXT = "M9 5l7 7-7 7"

export class Controls {
  /**
   * @param {{opacity: number, hide: number, outlines: boolean, byRank: boolean}} settings changed in place
   * @param {{onChange: () => void, onStep: (step: number) => void}} on
   */
  constructor(settings, on) {
    this.settings = settings
    const set = (change) => {
      Object.assign(settings, change)
      this.#showSettings()
      on.onChange()
    }
    this.opacity = makeSlider("Opacity", 100 * settings.opacity, (percent) => set({ opacity: percent / 100 }))
    this.hide = makeSlider("Hide weakest", 100 * settings.hide, (percent) => set({ hide: percent / 100 }))
    this.legend = make("div", "legend")
    this.sentence = make("p", "sentence")
    this.sentence.setAttribute("aria-live", "polite")
    this.element = make(
      "div",
      "controls",
      make(
        "div",
        "row",
        this.opacity.element,
        this.hide.element,
        makeToggle("Outlines", settings.outlines, (outlines) => set({ outlines })),
        makeToggle("Colour by rank", settings.byRank, (byRank) => set({ byRank })),
      ),
      make(
        "div",
        "row",
        this.legend,
        make(
          "div",
          "steps",
          make("span", "", "By rank"),
          makeButton("Stronger region", PREVIOUS, () => on.onStep(-1)),
          makeButton("Weaker region", NEXT, () => on.onStep(1)),
        ),
      ),
      this.sentence,
    )
  }

  /** @param {import("./scale.js").ScoreScale} scale  @param {{title: string, low: string, high: string}} words */
  describe(scale, words) {
    this.scale = scale
    this.words = words
    this.element.hidden = scale.order.length === 0
    this.#showSettings()
  }

  /** Say which region is chosen, or pointed at. */
  tell(index) {
    this.sentence.textContent = index === null ? "Click a region to choose it." : this.#describeRegion(index)
  }

  #describeRegion(index) {
    const { scale } = this
    const score = scale.scores[index]
    if (score === null) return `Region ${index + 1}: no score`
    const rank = scale.order.indexOf(index) + 1
    return `Region ${index + 1}: ${this.words.title} ${formatScore(score)}, rank ${rank} of ${scale.order.length}`
  }

  #showSettings() {
    const { opacity, hide, byRank } = this.settings
    this.opacity.show(`${Math.round(100 * opacity)} %`)
    this.hide.show(`${Math.round(100 * hide)} %`)
    const { lowest, highest, diverging, palette } = this.scale
    const ramp = make("i", "ramp")
    ramp.style.background = `linear-gradient(to right, ${palette.join(",")})`
    const { title, low, high } = this.words
    const ends = byRank ? rankEnds(diverging) : [formatScore(lowest), formatScore(highest)]
    const [left, right] = [`${low} ${ends[0]}`, `${high} ${ends[1]}`]
    this.legend.replaceChildren(make("b", "", title), make("span", "", left), ramp, make("span", "", right))
  }
}

function rankEnds(diverging) {
  return diverging ? ["(strongest)", "(strongest)"] : ["(last rank)", "(first rank)"]
}

/** Three digits that count, in full from 0.001 to 1000. */
export function formatScore(score) {
  const size = Math.abs(score)
  const text = size !== 0 && (size < 1e-3 || size >= 1e3) ? score.toExponential(2) : String(Number(score.toPrecision(3)))
  return text.replace("-", "−")
}
