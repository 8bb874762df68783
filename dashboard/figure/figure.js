// A figure: drawn by plotly once a reader comes near it, in the page's colours, and anew when these or its data change.

const NEAR_PX = 200
const RESIZED_MS = 100
const NARROW_PX = 460 // below this a figure takes its layout for little width, if it has one
const TITLE_PAD_PX = 6
const BAR_PX = 28 // plotly's tool bar: above the figure, where it hides no legend, and mostly in the gap before it
const ABOVE_PX = 12
const STYLE = `
.pomp-figure { box-sizing: content-box; padding-top: ${ABOVE_PX}px }
.pomp-figure > div { height: 100% }
.pomp-figure .modebar-container { top: -${BAR_PX}px !important }
.pomp-figure .modebar-btn:focus-visible { outline-color: var(--st-primary-color) !important }
.pomp-figure:fullscreen { padding-top: ${BAR_PX}px; background: var(--st-background-color) }
`
const EVERYWHERE = "Arial, Helvetica, sans-serif"
const FULLSCREEN_ICON = {
  width: 24,
  height: 24,
  path: "M4 4h6v2H6v4H4zM14 4h6v6h-2V6h-4zM4 14h2v4h4v2H4zM18 14h2v6h-6v-2h4z",
}

const SIDES = ["l", "r", "t", "b"]
const SPARE_PX = 6 // plotly's own need of room differs by 2 from one drawing to the next
const MOST_ROOMS = 300
const ROOMS = "pomp-rooms" // where the browser keeps them from visit to visit

const MOST_LEFT = 16 // a drawing takes about a megabyte

const figures = new Map() // by their place on the page: a figure outlives reruns
const left = new Map() // drawings that no figure shows now, the oldest first, by what they show
const rooms = keptRooms() // margins that have been enough, by what asks for them: see `roomOf`
let library = null

// Once for all figures: it is large.
function loadPlotly(url) {
  library ??= new Promise((resolve, reject) => {
    const script = document.createElement("script")
    script.src = url
    script.onload = () => resolve(window.Plotly)
    script.onerror = () => {
      library = null // the next figure may try again
      reject(new Error("plotly could not be loaded"))
    }
    document.head.append(script)
  })
  return library
}

// Before the first figure comes.
export const makeReady = loadPlotly

// What `packed` of the Python side made.
async function unpack(figure) {
  const { readable, writable } = new DecompressionStream("deflate")
  const writer = writable.getWriter()
  writer.write(Uint8Array.from(atob(figure), (letter) => letter.charCodeAt(0)))
  writer.close()
  return new Response(readable).json()
}

// What plotly has drawn of a figure. It may outlive the figure: who comes back to a part or a patient finds it as it was
// left, and does not wait.
class Drawing {
  constructor() {
    this.chart = document.createElement("div")
    this.what = null // is shown
    this.titles = {} // of the axes, as they were asked for
    this.isWhole = false
    this.listens = false
  }

  // It has to be on the page, which says how large it is. What it showed before is changed.
  async draw(what, { data, layout }, colours) {
    this.what = what
    this.isWhole = false
    this.titles = axisTitles(layout)
    const size = this.size()
    const room = roomOf(size, { data, layout })
    const template = inPageColours(layout.template ?? {}, colours)
    const shown = { data, layout: { ...layout, ...size, margin: withRoom(layout, rooms.get(room)), template } }
    // Where there are buttons in it, plotly takes every config for a new one, and draws all from nothing, twice.
    await window.Plotly.react(this.chart, this.isGone() ? { ...shown, config: this.config() } : shown)
    if (what !== this.what || this.isGone()) return // it was not waited for
    if (!this.listens) this.chart.on("plotly_click", ({ points }) => this.figure.click(points))
    this.listens = true
    keepMargins(room, this.chart._fullLayout._size)
    await this.breakTitles()
    this.isWhole = what === this.what && !this.isGone()
  }

  showIn(figure) {
    this.figure = figure
    figure.host.replaceChildren(this.chart)
  }

  size() {
    return { width: this.chart.clientWidth, height: this.chart.clientHeight }
  }

  config() {
    return {
      displaylogo: false,
      // Named one by one: of its own accord plotly adds a button that sends the figure, with its data, to its makers.
      modeBarButtons: [
        [
          {
            name: "save",
            title: "Save as a picture",
            icon: window.Plotly.Icons.camera,
            click: () => this.save().catch((error) => console.warn(error)),
          },
        ],
        ["zoom2d", "pan2d"],
        ["resetScale2d"],
        [{ name: "fullscreen", title: "Full screen", icon: FULLSCREEN_ICON, click: () => this.figure.fillScreen() }],
      ],
    }
  }

  // In a font that every machine has, and laid out with it: pictures do not know the page's own.
  save() {
    const { data, layout } = this.chart
    const template = over(layout.template, { layout: over(layout.template.layout, { font: { family: EVERYWHERE } }) })
    return window.Plotly.downloadImage(
      structuredClone({ data, layout: { ...layout, template } }), // plotly writes into what it draws
      { scale: 2, filename: this.figure.data.name, format: window.pompPictures }, // chosen in the side bar for all
    )
  }

  async fit() {
    const { width, height } = this.size()
    const { layout } = this.chart
    if (!width || !layout || (layout.width === width && layout.height === height)) return
    await window.Plotly.relayout(this.chart, { width, height })
    await this.breakTitles()
  }

  // How long an axis is, plotly knows once it has drawn.
  async breakTitles() {
    const full = this.chart._fullLayout
    const changed = full ? brokenTitles(full, this.titles) : {}
    if (Object.keys(changed).length) await window.Plotly.relayout(this.chart, changed)
  }

  isGone() {
    return !this.chart._fullLayout
  }

  // Only what is whole is kept.
  leave() {
    if (!this.isWhole) return this.throwAway()
    window.Plotly.Fx.unhover(this.chart)
    left.get(this.what)?.throwAway() // of a second place where the same was shown
    left.delete(this.what)
    left.set(this.what, this)
    if (left.size > MOST_LEFT) take(left.keys().next().value).throwAway()
  }

  throwAway() {
    window.Plotly.purge(this.chart)
  }
}

function take(what) {
  const drawing = left.get(what)
  left.delete(what)
  return drawing
}

class Figure {
  constructor(place) {
    this.host = place.appendChild(document.createElement("div"))
    this.host.setAttribute("role", "figure")
    this.host.className = "pomp-figure"
    this.near = false
    this.wanted = null // what was asked for last
    this.drawing = null
    this.seen = new IntersectionObserver((found) => this.approach(found.at(-1).isIntersecting), {
      rootMargin: `${NEAR_PX}px`,
    })
    this.resized = new ResizeObserver(() => {
      clearTimeout(this.waiting)
      this.waiting = setTimeout(() => this.fit(), RESIZED_MS)
    })
    this.seen.observe(this.host)
    this.resized.observe(this.host)
  }

  update(data, tell) {
    this.data = data
    this.tell = tell
    this.host.setAttribute("aria-label", data.alt)
    this.keepPlace()
    this.draw()
  }

  isNarrow() {
    return Boolean(this.data.narrow_height) && this.host.clientWidth < NARROW_PX
  }

  keepPlace() {
    const { height, narrow_height } = this.data
    this.host.style.height = `${this.isNarrow() ? narrow_height : height}px`
  }

  approach(near) {
    this.near = near
    this.draw()
  }

  // Nothing happens unless there is something to see that is not yet there.
  async draw() {
    if (!this.near && !left.size) return
    const colours = pageColours(this.host)
    const wanted = JSON.stringify([this.data.digest, colours, this.isNarrow()])
    if (wanted === this.wanted || !(this.near || left.has(wanted))) return
    this.wanted = wanted
    try {
      if (left.has(wanted)) {
        this.drawing?.leave()
        this.drawing = take(wanted)
        this.drawing.showIn(this)
        await this.drawing.fit()
      } else await this.drawAnew(wanted, colours)
    } catch (error) {
      console.warn(error)
      if (wanted !== this.wanted) return
      this.wanted = null
      this.drawing?.throwAway()
      this.drawing = null
      this.host.textContent = "This figure could not be drawn. Reload the page; its numbers can be saved below."
    }
  }

  async drawAnew(wanted, colours) {
    const [, figure] = await Promise.all([window.Plotly ?? loadPlotly(this.data.plotly), unpack(this.data.figure)])
    if (wanted !== this.wanted) return // something newer is wanted by now
    if (this.isNarrow()) figure.layout = over(figure.layout, figure.layout.meta.narrow)
    if (!this.drawing) {
      this.drawing = new Drawing()
      this.drawing.showIn(this)
    }
    await this.drawing.draw(wanted, figure, colours)
  }

  click(points) {
    if (!this.data.select) return
    this.tell({
      digest: this.data.digest,
      at: Date.now(),
      points: points.map((point) => point.customdata ?? point.pointIndex),
    })
  }

  async fit() {
    this.keepPlace()
    await this.draw() // in another layout, perhaps
    await this.drawing?.fit()
  }

  fillScreen() {
    if (document.fullscreenElement === this.host) document.exitFullscreen()
    else this.host.requestFullscreen()
  }

  destroy() {
    clearTimeout(this.waiting)
    this.seen.disconnect()
    this.resized.disconnect()
    this.wanted = null // what is still on its way comes too late
    this.drawing?.leave()
    this.host.remove()
  }
}

// Streamlit gives a component the page's colours as custom properties.
function pageColours(element) {
  const style = getComputedStyle(element)
  const colour = (name) => style.getPropertyValue(`--st-${name}`).trim()
  return {
    text: colour("text-color"),
    ground: colour("background-color"),
    line: colour("border-color-light"),
    border: colour("border-color"),
    primary: colour("primary-color"),
    family: colour("font"),
  }
}

// The template with the page's colours; what the figure says for itself counts before both.
function inPageColours(template, { text, ground, line, border, primary, family }) {
  const layout = template.layout ?? {}
  const axis = { gridcolor: line, zerolinecolor: line, tickcolor: line }
  return {
    ...template,
    layout: {
      ...layout,
      font: { ...layout.font, color: text, family },
      paper_bgcolor: ground,
      plot_bgcolor: ground,
      modebar: { bgcolor: "rgba(0, 0, 0, 0)", color: text, activecolor: primary },
      hoverlabel: { bgcolor: ground, bordercolor: border, font: { color: text, family } },
      xaxis: { ...layout.xaxis, ...axis },
      yaxis: { ...layout.yaxis, ...axis },
    },
  }
}

// A layout, or a part of one, with another laid over it; what stands in both is laid over one level deeper.
function over(layout, other) {
  const isPart = (value) => value?.constructor === Object
  const both = Object.entries(other).filter(([name, value]) => isPart(value) && isPart(layout[name]))
  return { ...layout, ...other, ...Object.fromEntries(both.map(([name, value]) => [name, { ...layout[name], ...value }])) }
}

// A name for what margins have to make room for: what stands around a figure and is no number, that is legend, names of
// ticks and categories, titles. Only a hash of it, since it is kept.
function roomOf(size, { data, layout }) {
  const named = (values) => (Array.isArray(values) && typeof values[0] === "string" ? values : null)
  const texts = [
    size,
    data.map(({ name, x, y }) => [name, named(x), named(y)]),
    axesOf(layout).map(([name, axis]) => [name, axis.title?.text, axis.ticktext]),
  ]
  let hash = 0x811c9dc5 // FNV-1a
  for (const letter of JSON.stringify(texts)) hash = Math.imul(hash ^ letter.codePointAt(0), 0x01000193)
  return (hash >>> 0).toString(36)
}

// Plotly draws all of a figure anew, which doubles the time, whenever a text needs more room than the margins have. So
// the margins that it came to for the same texts are there from the beginning; more it may still take.
function withRoom({ template, margin }, enough) {
  const own = { ...template?.layout?.margin, ...margin }
  if (!enough) return own
  return { ...own, ...Object.fromEntries(SIDES.map((side, at) => [side, Math.max(own[side] ?? 0, enough[at])])) }
}

function keepMargins(room, size) {
  const taken = SIDES.map((side) => size[side])
  const before = rooms.get(room)
  if (before && taken.every((px, at) => px <= before[at])) return
  if (rooms.size >= MOST_ROOMS) rooms.clear()
  rooms.set(
    room,
    taken.map((px) => Math.ceil(px) + SPARE_PX),
  )
  try {
    localStorage.setItem(ROOMS, JSON.stringify([...rooms]))
  } catch {} // the browser keeps nothing, or has no more room
}

function keptRooms() {
  try {
    return new Map(JSON.parse(localStorage.getItem(ROOMS)))
  } catch {
    return new Map()
  }
}

// What the axes' titles say, by axis.
function axisTitles(layout) {
  const titled = axesOf(layout).filter(([, axis]) => axis.title?.text)
  return Object.fromEntries(titled.map(([name, axis]) => [name, axis.title.text]))
}

function axesOf(layout) {
  return Object.entries(layout).filter(([name]) => /^[xy]axis\d*$/.test(name))
}

// The titles that have to change so that each takes as many lines as the room along its axis needs.
function brokenTitles(full, titles) {
  const changed = {}
  for (const [name, title] of Object.entries(titles)) {
    const broken = inLines(title, roomAlong(full, name), full[name].title.font.size)
    if (broken !== full[name].title.text) changed[`${name}.title.text`] = broken
  }
  return changed
}

// A title stands at the middle of its axis, and may reach to the figure's edges, or half-way to an axis beside it.
function roomAlong(full, name) {
  const { _offset: start, _length: length } = full[name]
  let [first, last] = [0, name[0] === "x" ? full.width : full.height]
  for (const [other, axis] of Object.entries(full)) {
    if (other.slice(0, 5) !== name.slice(0, 5) || !axis._length) continue
    const end = axis._offset + axis._length
    if (end <= start) first = Math.max(first, (end + start) / 2)
    if (axis._offset >= start + length) last = Math.min(last, (start + length + axis._offset) / 2)
  }
  const middle = start + length / 2
  return 2 * (Math.min(middle - first, last - middle) - TITLE_PAD_PX)
}

const pen = document.createElement("canvas").getContext("2d")

function inLines(text, room, fontPx) {
  pen.font = `${fontPx}px ${EVERYWHERE}` // of the saved picture, and wider than the page's
  const lines = []
  for (const part of text.split("<br>")) {
    let line = ""
    for (const word of part.split(" ")) {
      const longer = line && `${line} ${word}`
      if (longer && pen.measureText(longer).width <= room) line = longer
      else {
        if (line) lines.push(line)
        line = word
      }
    }
    lines.push(line)
  }
  return lines.join("<br>")
}

document.head.appendChild(document.createElement("style")).textContent = STYLE

window.addEventListener("beforeprint", () => {
  for (const figure of figures.values()) figure.approach(true)
})

// The entry that Streamlit calls when a figure comes, and when its data or the page's theme change. It may end an
// earlier call late, after the next one has been made for the same place: then the figure is the next one's.
export default function render({ parentElement, data, setStateValue }) {
  if (!figures.has(parentElement)) figures.set(parentElement, new Figure(parentElement))
  const tell = (click) => setStateValue("click", click)
  figures.get(parentElement).update(data, tell)
  return () => {
    const last = figures.get(parentElement)
    if (last?.tell !== tell) return // of a later call
    last.destroy()
    figures.delete(parentElement)
  }
}
