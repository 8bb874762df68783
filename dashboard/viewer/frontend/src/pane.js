// One slide with one of its maps, and what is said and chosen about it.

import { numbers } from "./decode.js"
import { make, makeButton, makeSelect } from "./elements.js"
import { Gallery } from "./gallery.js"
import { Legend } from "./legend.js"
import { findRegion, Overlay } from "./overlay.js"
import { Patches } from "./patches.js"
import { savePicture } from "./picture.js"
import { ScaleBar } from "./scale_bar.js"
import { ScoreScale, shadesOf } from "./scale.js"
import { SlideView } from "./slide_view.js"

const PLUS = "M12 5v14M5 12h14"
const MINUS = "M5 12h14"
const HOUSE = "M4 11l8-7 8 7M6 10v9h12v-9"
const CORNERS = "M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5"
const CAMERA = "M4 8h4l2-3h4l2 3h4v11H4zM12 10.5a3 3 0 1 0 .01 0"

export class Pane {
  /**
   * @param {object} look shared by all panes, see LookControls
   * @param {{onMap: () => void, onSelect: (index: number) => void, onOpen: () => void, onDraw: () => void,
   *   onLead: () => void, onFullScreen: () => void}} on
   */
  constructor(look, on) {
    this.look = look
    this.on = on
    this.selected = null
    this.choice = makeSelect("Map", (key) => this.chooseMap(key))
    this.name = make("b", "pane-name")
    this.stage = make("div", "stage")
    this.notice = make("p", "notice")
    this.notice.setAttribute("role", "alert")
    this.legend = new Legend((step) => this.step(step))
    this.gallery = new Gallery((index) => this.fly(index))
    const head = make("div", "row", this.name, this.choice.element)
    this.element = make("div", "pane", head, this.stage, this.legend.element, this.gallery.element)
  }

  /** Once it stands on the page: a slide is fitted into the room that it has. @param {number} height CSS pixels */
  open(height) {
    this.stage.style.height = `${height}px`
    this.slide = new SlideView(this.stage, {
      onOpen: () => this.#greet(),
      onDraw: () => this.#draw(),
      onClick: (point) => this.#click(findRegion(this.regions, point)),
      onError: (text) => this.warn(text),
    })
    this.overlay = new Overlay(this.slide.viewer.canvas)
    this.scaleBar = new ScaleBar()
    this.#addTools()
  }

  /** @param {object} data a pane's part of what SlideViewer takes  @param {string} key of the map first shown */
  update(data, key, isNamed) {
    const isOther = data.slide !== this.data?.slide
    this.data = data
    this.regions = Object.fromEntries(["x", "y", "size"].map((axis) => [axis, numbers(data.regions[axis])]))
    this.patches = data.patches && new Patches(data.patches)
    this.scales = new Map(
      data.maps.map((map) => [map.key, new ScoreScale(numbers(map.scores), map.diverging, map.decimals)]),
    )
    this.name.textContent = isNamed ? data.name : ""
    this.map = data.maps.find((map) => map.key === key) ?? data.maps[0]
    this.choice.show(data.maps, this.map.key)
    if (!isOther) return
    this.selected = null
    this.warn("")
    this.gallery.forget()
    this.slide.open(data.slide)
  }

  chooseMap(key) {
    this.map = this.data.maps.find((map) => map.key === key)
    this.on.onMap()
  }

  get scale() {
    return this.scales.get(this.map.key)
  }

  /** @param {{sequential: string[], diverging: string[]}} palettes */
  show(palettes) {
    this.palette = this.map.diverging ? palettes.diverging : palettes.sequential
    this.shades = shadesOf(this.palette)
    this.describe()
    this.#showGallery()
    this.paint()
  }

  describe() {
    this.legend.describe(this.map, this.scale, this.palette, this.look.byRank)
    this.legend.tell(this.selected)
  }

  mark(index) {
    this.selected = index
    this.legend.tell(index)
    this.gallery.mark(index)
    this.paint()
  }

  warn(text) {
    this.notice.textContent = text
  }

  /** Go along the ranks: from the strongest region to the weaker ones. */
  step(by) {
    const { order } = this.scale
    if (!this.slide.image || !order.length) return
    const now = order.indexOf(this.selected)
    const next = order[now < 0 ? 0 : Math.min(Math.max(now + by, 0), order.length - 1)]
    this.on.onLead()
    this.slide.bringIntoSight(...this.#square(next))
    this.#click(next)
  }

  fly(index) {
    if (!this.slide.image) return
    this.on.onLead()
    this.slide.flyTo(...this.#square(index))
    this.#click(index)
  }

  paint() {
    if (!this.slide.image) return
    const { regions, scale, shades, selected } = this
    const patches = this.map.patches ? this.patches : null
    const drawing = { regions, scale, shades, patches, selected, image: this.slide.info }
    this.overlay.paint(this.slide.view, drawing, this.look)
    this.scaleBar.paint(this.slide.info.mpp, this.slide.view.zoom)
  }

  destroy() {
    this.slide.destroy()
    this.element.remove()
  }

  #square(index) {
    return [this.regions.x[index], this.regions.y[index], this.regions.size[index]]
  }

  #click(index) {
    if (index !== null && index !== this.selected) this.on.onSelect(index)
  }

  #greet() {
    this.#showGallery()
    this.on.onOpen()
  }

  #draw() {
    this.paint()
    this.on.onDraw()
  }

  #showGallery() {
    if (!this.slide.info) return
    const { slide, regions, scale, map } = this
    this.gallery.show(slide.url, slide.info, regions, scale, { top: map.top, bottom: map.bottom })
    this.gallery.mark(this.selected)
  }

  #addTools() {
    const save = () => savePicture(this, this.palette, `${this.data.name}-${this.map.key}.png`)
    const tools = make(
      "div",
      "tools",
      makeButton("Zoom in", PLUS, () => this.#hand(() => this.slide.zoomIn())),
      makeButton("Zoom out", MINUS, () => this.#hand(() => this.slide.zoomOut())),
      makeButton("Whole slide", HOUSE, () => this.#hand(() => this.slide.home())),
      makeButton("Full screen", CORNERS, () => this.on.onFullScreen()),
      makeButton("Save this view as a picture (PNG)", CAMERA, save),
    )
    this.stage.append(tools, this.scaleBar.element, this.notice)
    const { canvas } = this.slide.viewer
    canvas.setAttribute("role", "application")
    canvas.setAttribute("aria-label", "Slide: arrow keys move, plus and minus zoom, 0 shows it all, ? lists all keys")
    for (const hand of ["pointerdown", "wheel", "keydown"]) {
      canvas.addEventListener(hand, () => this.on.onLead(), { capture: true, passive: true })
    }
    canvas.addEventListener("pointermove", (event) => this.#point(event))
    canvas.addEventListener("pointerleave", () => this.legend.tell(this.selected))
  }

  #hand(act) {
    this.on.onLead()
    act()
  }

  #point(event) {
    if (!this.slide.image) return
    const box = this.stage.getBoundingClientRect()
    const point = this.slide.imagePoint({ x: event.clientX - box.left, y: event.clientY - box.top })
    this.legend.tell(findRegion(this.regions, point) ?? this.selected)
  }
}
