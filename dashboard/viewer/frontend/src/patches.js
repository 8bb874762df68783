// Attention within regions: a small square of patches for each region, kept in one picture that is drawn from in parts.

import { bytes } from "./decode.js"

const A_ROW = 64 // squares, so that the picture stays within what a canvas may measure

export class Patches {
  /** @param {{side: number, values: string}} packed `values`: side × side bytes a region, row by row */
  constructor({ side, values }) {
    this.side = side
    this.values = bytes(values)
    this.ranks = null
    this.count = this.values.length / (side * side)
    this.canvas = document.createElement("canvas")
    this.canvas.width = side * Math.min(A_ROW, this.count)
    this.canvas.height = side * Math.ceil(this.count / A_ROW)
  }

  /** Colour all squares: by share of the region's strongest patch, or by percentile among the region's patches. */
  colour(shades, byRank) {
    if (this.shades === shades && this.byRank === byRank) return
    Object.assign(this, { shades, byRank })
    if (byRank) this.ranks ??= this.#rank()
    const [{ side }, values] = [this, byRank ? this.ranks : this.values]
    const context = this.canvas.getContext("2d")
    const square = context.createImageData(side, side)
    for (let index = 0; index < this.count; index++) {
      for (let patch = 0; patch < side * side; patch++) {
        square.data.set([...shades[values[index * side * side + patch]], 255], 4 * patch)
      }
      context.putImageData(square, ...this.#corner(index))
    }
  }

  /** Draw a region's square into a box of a canvas: patches keep sharp edges. */
  draw(context, index, [left, top, width, height]) {
    const { side } = this
    context.imageSmoothingEnabled = false
    context.drawImage(this.canvas, ...this.#corner(index), side, side, left, top, width, height)
  }

  #corner(index) {
    return [this.side * (index % A_ROW), this.side * Math.floor(index / A_ROW)]
  }

  /** From 0 to 255 within each region; equal patches share a rank. */
  #rank() {
    const ranks = new Uint8Array(this.values.length)
    const area = this.side * this.side
    for (let start = 0; start < ranks.length; start += area) {
      const own = this.values.subarray(start, start + area)
      const weaker = new Array(257).fill(0) // how many patches are below a value
      for (const value of own) weaker[value + 1]++
      for (let value = 1; value < weaker.length; value++) weaker[value] += weaker[value - 1]
      own.forEach((value, place) => {
        ranks[start + place] = Math.round((255 * weaker[value]) / Math.max(area - 1, 1))
      })
    }
    return ranks
  }
}
