// From scores to colours and ranks, computed once for a set of scores.

const STEPS = 256

export class ScoreScale {
  /**
   * @param {(number|null)[]} scores one a region; null where a region has none
   * @param {{diverging: boolean, palette: string[]}} options palette: "#rrggbb", from the lowest score to the highest
   */
  constructor(scores, { diverging, palette }) {
    this.scores = scores
    this.diverging = diverging
    this.palette = palette
    this.colours = interpolate(palette)
    const finite = scores.filter((score) => score !== null)
    const bound = Math.max(...finite.map(Math.abs), 0)
    this.lowest = diverging ? -bound : Math.min(...finite, Infinity)
    this.highest = diverging ? bound : Math.max(...finite, -Infinity)
    this.order = scores
      .map((_, index) => index)
      .filter((index) => scores[index] !== null)
      .sort((a, b) => this.strength(b) - this.strength(a) || a - b)
    this.shares = this.#rank()
  }

  /** What ranks a region: the score, or its distance from 0 on a diverging scale. */
  strength(index) {
    return this.diverging ? Math.abs(this.scores[index]) : this.scores[index]
  }

  /** The share of the other regions that are weaker, 0 to 1; null without a score. */
  share(index) {
    return this.shares[index]
  }

  colour(index, byRank) {
    const place = byRank ? this.#placeByRank(index) : this.#placeByValue(index)
    return this.colours[Math.round(place * (STEPS - 1))]
  }

  #placeByValue(index) {
    const range = this.highest - this.lowest
    return range > 0 ? (this.scores[index] - this.lowest) / range : 0.5
  }

  #placeByRank(index) {
    return this.diverging ? 0.5 + (Math.sign(this.scores[index]) * this.shares[index]) / 2 : this.shares[index]
  }

  #rank() {
    const shares = this.scores.map(() => null)
    const others = this.order.length - 1
    let weaker = 0
    this.order.toReversed().forEach((index, place, ascending) => {
      // Equal scores share a rank.
      if (place > 0 && this.strength(index) > this.strength(ascending[place - 1])) weaker = place
      shares[index] = others > 0 ? weaker / others : 1
    })
    return shares
  }
}

/** 256 CSS colours, linear in RGB between the anchors. */
function interpolate(palette) {
  const anchors = palette.map((hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16)))
  return Array.from({ length: STEPS }, (_, step) => {
    const place = (step / (STEPS - 1)) * (anchors.length - 1)
    const left = Math.min(Math.floor(place), anchors.length - 2)
    const mixed = anchors[left].map((value, channel) =>
      Math.round(value + (anchors[left + 1][channel] - value) * (place - left)),
    )
    return `rgb(${mixed.join(",")})`
  })
}
