// The regions above the tiles: one canvas, painted anew on every move. Scores are never blurred.

const THIN = 1
const SELECTED = 3

export class Overlay {
  constructor(parent) {
    this.canvas = document.createElement("canvas")
    this.canvas.className = "overlay"
    parent.append(this.canvas)
  }

  /**
   * @param {{x: number, y: number, zoom: number}} view the image's corner and the size of an image pixel, in CSS pixels
   * @param {{x: number[], y: number[], size: number[]}} regions in image pixels
   * @param {import("./scale.js").ScoreScale} scale
   * @param {{opacity: number, hide: number, outlines: boolean, byRank: boolean}} settings
   * @param {number|null} selected
   */
  paint(view, regions, scale, settings, selected) {
    const context = this.#clear()
    const place = (index) => placeRegion(view, regions, index)
    context.lineWidth = THIN
    for (let index = 0; index < regions.x.length; index++) {
      const shown = isShown(scale, settings, index)
      const box = place(index)
      if (shown) {
        context.globalAlpha = settings.opacity
        context.fillStyle = scale.colour(index, settings.byRank)
        context.fillRect(...box)
      }
      if (settings.outlines) {
        context.globalAlpha = 0.7
        context.strokeStyle = "#202020"
        context.strokeRect(box[0] + 0.5, box[1] + 0.5, box[2] - 1, box[3] - 1)
      }
    }
    if (selected !== null) this.#outline(context, place(selected))
  }

  /** White on black, seen on glass, on tissue and on every colour of the scales. */
  #outline(context, [x, y, width, height]) {
    context.globalAlpha = 1
    for (const [colour, line] of [["#000000", SELECTED + 3], ["#ffffff", SELECTED]]) {
      context.strokeStyle = colour
      context.lineWidth = line
      context.strokeRect(x, y, width, height)
    }
  }

  #clear() {
    const { clientWidth, clientHeight } = this.canvas
    const ratio = window.devicePixelRatio
    const width = Math.round(clientWidth * ratio)
    const height = Math.round(clientHeight * ratio)
    if (this.canvas.width !== width || this.canvas.height !== height) Object.assign(this.canvas, { width, height })
    const context = this.canvas.getContext("2d")
    context.setTransform(ratio, 0, 0, ratio, 0, 0)
    context.clearRect(0, 0, clientWidth, clientHeight)
    return context
  }
}

export function isShown(scale, settings, index) {
  const share = scale.share(index)
  return share !== null && share >= settings.hide
}

/** The region that holds a point of the image, or null. */
export function findRegion(regions, point) {
  const found = regions.x.findIndex((x, index) => {
    const [right, down] = [point.x - x, point.y - regions.y[index]]
    return right >= 0 && down >= 0 && right < regions.size[index] && down < regions.size[index]
  })
  return found < 0 ? null : found
}

/** Left, top, width, height; edges are rounded, so that neighbours neither overlap nor leave a seam. */
function placeRegion(view, regions, index) {
  const size = regions.size[index]
  const left = Math.round(view.x + regions.x[index] * view.zoom)
  const top = Math.round(view.y + regions.y[index] * view.zoom)
  const right = Math.round(view.x + (regions.x[index] + size) * view.zoom)
  const bottom = Math.round(view.y + (regions.y[index] + size) * view.zoom)
  return [left, top, right - left, bottom - top]
}
