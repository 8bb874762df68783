// How maps are drawn: sliders, colours and switches, the same for every pane. All of it works in the browser.

import { make, makeButton, makeSelect, makeSlider, makeToggle } from "./elements.js"

const KEYBOARD = "M3 7h18v11H3zM7 11h.01M11 11h.01M15 11h.01M18 11h.01M8 15h8"
const KEYS = [
  ["← ↑ → ↓", "move"],
  ["+ and −", "zoom"],
  ["0", "whole slide"],
  ["[ and ]", "stronger, weaker region"],
  ["o", "map on or off"],
  ["g", "grid on or off"],
  ["?", "this list"],
]
const SWITCHES = { overlay: "Show map", byRank: "Colour by percentile", outlines: "Outlines", grid: "Grid" }

export class LookControls {
  /**
   * @param {object} look changed in place: overlay, opacity, hide, colours, byRank, outlines, grid
   * @param {{onChange: () => void, onSettle: () => void, onLink: (linked: boolean) => void}} on
   */
  constructor(look, on) {
    this.look = look
    this.on = on
    const slider = (label, name) =>
      makeSlider(label, (percent) => this.#set({ [name]: percent / 100 }, on.onChange), on.onSettle)
    this.sliders = { opacity: slider("Opacity", "opacity"), hide: slider("Hide weakest", "hide") }
    this.colours = makeSelect("Colours", (colours) => this.#set({ colours }, on.onSettle))
    this.toggles = Object.fromEntries(
      Object.entries(SWITCHES).map(([name, label]) => [
        name,
        makeToggle(label, (checked) => this.#set({ [name]: checked }, on.onSettle)),
      ]),
    )
    this.link = makeToggle("Move together", on.onLink)
    this.keys = makeKeys()
    const [sliders, toggles] = [Object.values(this.sliders), Object.values(this.toggles)]
    const keyboard = makeButton("Keys", KEYBOARD, () => this.toggleKeys())
    this.element = make(
      "div",
      "look",
      make("div", "row", ...[...sliders, this.colours].map((part) => part.element)),
      make("div", "row", ...[...toggles, this.link].map((part) => part.element), keyboard),
      this.keys,
    )
  }

  /** @param {{key: string, title: string}[]} palettes @param {boolean} isComparing @param {boolean} linked */
  show(palettes, isComparing, linked) {
    this.palettes = palettes
    this.link.element.hidden = !isComparing
    this.link.show(linked)
    this.#showLook()
  }

  flip(name) {
    this.#set({ [name]: !this.look[name] }, this.on.onSettle)
  }

  toggleKeys() {
    this.keys.hidden = !this.keys.hidden
  }

  #set(change, then) {
    Object.assign(this.look, change)
    this.#showLook()
    then()
  }

  #showLook() {
    for (const [name, slider] of Object.entries(this.sliders)) slider.show(Math.round(100 * this.look[name]))
    for (const [name, toggle] of Object.entries(this.toggles)) toggle.show(this.look[name])
    this.colours.show(this.palettes, this.look.colours)
  }
}

function makeKeys() {
  const rows = KEYS.flatMap(([keys, does]) => [make("dt", "", keys), make("dd", "", does)])
  const list = make("dl", "keys", ...rows)
  list.hidden = true
  return list
}
