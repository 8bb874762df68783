// The regions above the tiles: one canvas, painted anew on every move. Scores are never blurred.

import { colourAt } from "./scale.js"

const THIN = 1
const SELECTED = 3
const FAINTEST = 0.15 // of the opacity, for patches of the region that was looked at least

export class Overlay {
  constructor(parent) {
    this.canvas = document.createElement("canvas")
    this.canvas.className = "overlay"
    parent.append(this.canvas)
  }

  /**
   * @param {{x: number, y: number, zoom: number}} view the image's corner and the size of an image pixel, in CSS pixels
   * @param {{regions: {x: number[], y: number[], size: number[]}, scale: import("./scale.js").ScoreScale,
   *   shades: number[][], patches: import("./patches.js").Patches|null, selected: number|null,
   *   image: {width: number, height: number}}} drawing regions and image in image pixels
   * @param {{overlay: boolean, opacity: number, hide: number, outlines: boolean, grid: boolean, byRank: boolean}} look
   */
  paint(view, drawing, look) {
    const context = this.#clear()
    context.lineWidth = THIN
    if (look.overlay) this.#paintScores(context, view, drawing, look)
    if (look.outlines) this.#paintOutlines(context, view, drawing)
    if (look.grid) this.#paintGrid(context, view, drawing)
    if (drawing.selected !== null) this.#outline(context, placeRegion(view, drawing.regions, drawing.selected))
  }

  #paintScores(context, view, { regions, scale, shades, patches }, look) {
    patches?.colour(shades, look.byRank)
    for (const index of scale.order) {
      if (!isShown(scale, look, index)) continue
      const box = placeRegion(view, regions, index)
      if (!isInSight(box, this.canvas)) continue
      const place = scale.place(index, look.byRank)
      if (patches) {
        context.globalAlpha = look.opacity * (FAINTEST + (1 - FAINTEST) * place)
        patches.draw(context, index, box)
      } else {
        context.globalAlpha = look.opacity
        context.fillStyle = colourAt(shades, place)
        context.fillRect(...box)
      }
    }
  }

  #paintOutlines(context, view, { regions }) {
    context.globalAlpha = 0.7
    context.strokeStyle = "#202020"
    for (let index = 0; index < regions.x.length; index++) {
      const [left, top, width, height] = placeRegion(view, regions, index)
      context.strokeRect(left + 0.5, top + 0.5, width - 1, height - 1)
    }
  }

  /** The raster that regions are cut from, over the whole slide. */
  #paintGrid(context, view, { regions, image }) {
    const step = regions.size[0]
    if (!step || step * view.zoom < 4) return
    const [right, bottom] = [view.x + image.width * view.zoom, view.y + image.height * view.zoom]
    context.globalAlpha = 0.45
    context.strokeStyle = "#202020"
    context.beginPath()
    for (let x = regions.x[0] % step; x <= image.width; x += step) {
      const at = Math.round(view.x + x * view.zoom) + 0.5
      context.moveTo(at, view.y)
      context.lineTo(at, bottom)
    }
    for (let y = regions.y[0] % step; y <= image.height; y += step) {
      const at = Math.round(view.y + y * view.zoom) + 0.5
      context.moveTo(view.x, at)
      context.lineTo(right, at)
    }
    context.stroke()
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

function isShown(scale, look, index) {
  const share = scale.share(index)
  return share !== null && share >= look.hide
}

function isInSight([left, top, width, height], { clientWidth, clientHeight }) {
  return left < clientWidth && top < clientHeight && left + width > 0 && top + height > 0
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
