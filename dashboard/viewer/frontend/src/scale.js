// From scores to places on a colour scale and to ranks, computed once for a set of scores.

const STEPS = 256

export class ScoreScale {
  /**
   * @param {(number|null)[]} scores one a region; null where a region has none
   * @param {boolean} diverging signed scores around 0, of which the larger in size is the stronger
   * @param {number} decimals with which every score is written
   */
  constructor(scores, diverging, decimals) {
    this.scores = scores
    this.diverging = diverging
    this.decimals = decimals
    this.order = scores
      .map((_, index) => index)
      .filter((index) => scores[index] !== null)
      .sort((a, b) => this.strength(b) - this.strength(a) || a - b)
    this.shares = this.#rank()
    this.stretch(this)
  }

  /** Let the colours reach as far as another scale's, too, so that both mean the same. */
  stretch(other) {
    const finite = [...this.scores, ...other.scores].filter((score) => score !== null)
    const largest = finite.reduce((most, score) => Math.max(most, Math.abs(score)), 0)
    this.lowest = this.diverging ? -largest : finite.reduce((least, score) => Math.min(least, score), Infinity)
    this.highest = this.diverging ? largest : finite.reduce((most, score) => Math.max(most, score), -Infinity)
  }

  /** What ranks a region: the score, or its distance from 0 on a diverging scale. */
  strength(index) {
    return this.diverging ? Math.abs(this.scores[index]) : this.scores[index]
  }

  /** From 1, the strongest; regions that are as strong share it. */
  rank(index) {
    return 1 + this.order.findIndex((other) => this.strength(other) === this.strength(index))
  }

  /** The share of the other regions that are weaker, 0 to 1; null without a score. */
  share(index) {
    return this.shares[index]
  }

  /** A score as the pages write it: all of a map have the same decimals. */
  write(score) {
    const text = Math.abs(score).toFixed(this.decimals)
    return score < 0 && Number(text) ? `−${text}` : text
  }

  /** 1, −1, or 0 where nothing is left in the decimals that are written. */
  sign(index) {
    return Math.sign(this.scores[index]) * (Number(Math.abs(this.scores[index]).toFixed(this.decimals)) ? 1 : 0)
  }

  /** Where a region stands on the colour scale, 0 to 1. */
  place(index, byRank) {
    return byRank ? this.#placeByRank(index) : this.#placeByValue(index)
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

/**
 * 256 colours, linear in RGB between the anchors.
 *
 * @param {string[]} palette "#rrggbb", from the lowest score to the highest
 * @returns {number[][]} red, green, blue
 */
export function shadesOf(palette) {
  const anchors = palette.map((hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16)))
  return Array.from({ length: STEPS }, (_, step) => {
    const place = (step / (STEPS - 1)) * (anchors.length - 1)
    const left = Math.min(Math.floor(place), anchors.length - 2)
    return anchors[left].map((value, channel) => Math.round(value + (anchors[left + 1][channel] - value) * (place - left)))
  })
}

/** @param {number[][]} shades @param {number} place 0 to 1 */
export function colourAt(shades, place) {
  return `rgb(${shades[Math.round(place * (STEPS - 1))].join(",")})`
}
