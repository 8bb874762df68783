// One slide viewer: the slide, its regions, the controls. Lives as long as its place on the page.

import { Controls } from "./controls.js"
import { make, makeButton } from "./elements.js"
import { findRegion, Overlay } from "./overlay.js"
import { ScaleBar } from "./scale_bar.js"
import { ScoreScale } from "./scale.js"
import { SlideView } from "./slide_view.js"
import css from "./viewer.css"

const PLUS = "M12 5v14M5 12h14"
const MINUS = "M5 12h14"
const HOUSE = "M4 11l8-7 8 7M6 10v9h12v-9"
const CORNERS = "M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5"

export class SlideViewer {
  /** @param {ShadowRoot} parent  @param {object} data see `update`  @param {(region: object) => void} onSelect */
  constructor(parent, data, onSelect) {
    this.onSelect = onSelect
    this.selected = data.selected
    this.settings = { ...data.settings }
    this.controls = new Controls(this.settings, { onChange: () => this.paint(), onStep: (step) => this.step(step) })
    this.scaleBar = new ScaleBar()
    this.stage = make("div", "stage")
    this.notice = make("p", "notice")
    this.notice.setAttribute("role", "alert")
    this.root = make("div", "slide-viewer", make("style", "", css), this.stage, this.controls.element)
    this.stage.style.height = `${data.height}px`
    parent.append(this.root)
    this.slide = new SlideView(this.stage, {
      onDraw: () => this.paint(),
      onClick: (point) => this.select(findRegion(this.regions, point)),
      onError: (text) => this.warn(text),
    })
    this.overlay = new Overlay(this.slide.viewer.canvas)
    this.#addStageParts()
    this.update(data)
  }

  #addStageParts() {
    const tools = make(
      "div",
      "tools",
      makeButton("Zoom in", PLUS, () => this.slide.zoomIn()),
      makeButton("Zoom out", MINUS, () => this.slide.zoomOut()),
      makeButton("Whole slide", HOUSE, () => this.slide.home()),
      makeButton("Full screen", CORNERS, () => this.toggleFullScreen()),
    )
    this.stage.append(tools, this.scaleBar.element, this.notice)
    const { canvas } = this.slide.viewer
    canvas.setAttribute("role", "application")
    canvas.setAttribute("aria-label", "Slide: arrow keys move, plus and minus zoom, 0 shows it all")
    canvas.addEventListener("pointermove", (event) => this.point(event))
    canvas.addEventListener("pointerleave", () => this.controls.tell(this.selected))
  }

  /**
   * Take in what Python sent; zoom and settings stay unless the slide is another one.
   *
   * @param {{slide: string, height: number, selected: number|null,
   *   regions: {x: number[], y: number[], size: number[], score: (number|null)[]},
   *   scale: {title: string, low: string, high: string, diverging: boolean, palette: string[]}}} data
   */
  update(data) {
    const moved = this.data && !isSamePlaces(this.data.regions, data.regions)
    const opened = this.data?.slide !== data.slide
    if (this.data && (moved || opened)) this.selected = data.selected
    this.data = data
    this.regions = data.regions
    this.scale = new ScoreScale(data.regions.score, data.scale)
    this.controls.describe(this.scale, data.scale)
    this.controls.tell(this.selected)
    this.stage.style.height = `${data.height}px`
    if (opened) this.open(data.slide)
    else this.paint()
  }

  open(url) {
    this.warn("")
    this.slide.open(url)
  }

  warn(text) {
    this.notice.textContent = text
  }

  select(index) {
    if (index === null || index === this.selected) return
    this.selected = index
    this.controls.tell(index)
    this.paint()
    this.onSelect({ slide: this.data.slide, x: this.regions.x[index], y: this.regions.y[index] })
  }

  /** Go along the ranks: from the strongest region to the weaker ones. */
  step(by) {
    if (!this.slide.image) return
    const { order } = this.scale
    const now = order.indexOf(this.selected)
    const next = order[now < 0 ? 0 : Math.min(Math.max(now + by, 0), order.length - 1)]
    this.slide.bringIntoSight(this.regions.x[next], this.regions.y[next], this.regions.size[next])
    this.select(next)
  }

  point(event) {
    if (!this.slide.image) return
    const box = this.stage.getBoundingClientRect()
    const point = this.slide.imagePoint({ x: event.clientX - box.left, y: event.clientY - box.top })
    this.controls.tell(findRegion(this.regions, point) ?? this.selected)
  }

  paint() {
    if (!this.slide.image) return
    const { view } = this.slide
    this.overlay.paint(view, this.regions, this.scale, this.settings, this.selected)
    this.scaleBar.paint(this.slide.info.mpp, view.zoom)
  }

  toggleFullScreen() {
    if (document.fullscreenElement) document.exitFullscreen()
    else this.root.requestFullscreen()
  }

  destroy() {
    this.slide.destroy()
    this.root.remove()
  }
}

function isSamePlaces(before, after) {
  const isSame = (axis) => before[axis].length === after[axis].length && before[axis].every((at, i) => at === after[axis][i])
  return isSame("x") && isSame("y")
}
