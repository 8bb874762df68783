// The viewer: one slide, or two side by side, and the controls they share. Lives as long as its place on the page.

import { make } from "./elements.js"
import { Link } from "./link.js"
import { LookControls } from "./look_controls.js"
import { Pane } from "./pane.js"
import css from "./viewer.css"

export class SlideViewer {
  /** @param {ShadowRoot} parent  @param {object} data see `update`  @param {(choice: object) => void} onChoice */
  constructor(parent, data, onChoice) {
    this.onChoice = onChoice
    this.look = {}
    this.panes = []
    this.link = new Link()
    this.controls = new LookControls(this.look, {
      onChange: () => this.show(),
      onSettle: () => this.settle(),
      onLink: (linked) => this.#setLinked(linked),
    })
    this.row = make("div", "panes")
    this.root = make("div", "slide-viewer", make("style", "", css), this.controls.element, this.row)
    this.root.addEventListener("keydown", (event) => this.press(event))
    parent.append(this.root)
    this.update(data)
  }

  /**
   * Take in what Python sent. As long as it is about the same, what was chosen here stays; how maps are drawn stays
   * for good.
   *
   * @param {{digest: string, height: number,
   *   palettes: {key: string, title: string, sequential: string[], diverging: string[]}[],
   *   first: {maps: string[], region: {pane: number, index: number}|null, look: object},
   *   panes: {slide: string, name: string, regions: {x: string, y: string, size: string},
   *     patches: {side: number, values: string}|null,
   *     maps: {key: string, title: string, meaning: string, low: string, high: string, top: string, bottom: string,
   *       score: string, diverging: boolean, decimals: number, patches: boolean, scores: string}[]}[]}} data numbers are packed, see decode.js
   */
  update(data) {
    if (data.digest === this.data?.digest) return
    if (!this.data) Object.assign(this.look, data.first.look)
    this.data = data
    while (this.panes.length > data.panes.length) this.panes.pop().destroy()
    while (this.panes.length < data.panes.length) this.#addPane()
    const isComparing = this.panes.length > 1
    this.panes.forEach((pane, place) => {
      pane.update(data.panes[place], data.first.maps[place], isComparing)
    })
    this.link.join(isComparing ? this.panes.map((pane) => pane.slide) : [])
    this.controls.show(data.palettes, isComparing, this.link.on)
    this.show()
    const { region } = data.first
    this.#mark(region && region.pane, region && region.index)
  }

  /** Paint all again, after a change of map or look. */
  show() {
    const palettes = this.data.palettes.find(({ key }) => key === this.look.colours) ?? this.data.palettes[0]
    const [left, right] = this.panes
    if (right && left.data.slide !== right.data.slide && left.map.key === right.map.key) {
      left.scale.stretch(right.scale)
      right.scale.stretch(left.scale)
    } else {
      for (const pane of this.panes) pane.scale.stretch(pane.scale)
    }
    for (const pane of this.panes) pane.show(palettes)
  }

  /** A change that the address should tell. */
  settle() {
    this.show()
    this.#tell()
  }

  select(place, index) {
    this.#mark(place, index)
    this.#tell()
  }

  press(event) {
    const [target] = event.composedPath()
    if (target.tagName === "SELECT" || event.ctrlKey || event.metaKey) return
    const pane = this.panes.find(({ element }) => element.contains(target)) ?? this.panes[0]
    const act = {
      "[": () => pane.step(-1),
      "]": () => pane.step(1),
      o: () => this.controls.flip("overlay"),
      g: () => this.controls.flip("grid"),
      "?": () => this.controls.toggleKeys(),
    }[event.key]
    if (!act) return
    event.preventDefault()
    act()
  }

  toggleFullScreen() {
    if (document.fullscreenElement) document.exitFullscreen()
    else this.root.requestFullscreen()
  }

  destroy() {
    for (const pane of this.panes) pane.destroy()
    this.root.remove()
  }

  #addPane() {
    const place = this.panes.length
    const pane = new Pane(this.look, {
      onMap: () => this.settle(),
      onSelect: (index) => this.select(place, index),
      onOpen: () => this.link.follow(this.link.leader),
      onDraw: () => this.link.follow(pane.slide),
      onLead: () => this.link.lead(pane.slide),
      onFullScreen: () => this.toggleFullScreen(),
    })
    this.panes.push(pane)
    this.row.append(pane.element)
    pane.open(this.data.height)
  }

  /** A region is chosen on every view of its slide. */
  #mark(place, index) {
    const slide = this.panes[place]?.data.slide
    this.region = slide === undefined ? null : { pane: place, index }
    for (const pane of this.panes) pane.mark(pane.data.slide === slide ? index : null)
  }

  #setLinked(linked) {
    this.link.linked = linked
  }

  #tell() {
    const { region, look, data } = this
    this.onChoice({ digest: data.digest, maps: this.panes.map((pane) => pane.map.key), region, look: { ...look } })
  }
}
