// A figure: drawn by plotly once a reader comes near it, in the page's colours, and anew when these or its data change.

const NEAR_PX = 200
const RESIZED_MS = 100
const FULLSCREEN_ICON = {
  width: 24,
  height: 24,
  path: "M4 4h6v2H6v4H4zM14 4h6v6h-2V6h-4zM4 14h2v4h4v2H4zM18 14h2v6h-6v-2h4z",
}

const figures = new Map() // by their place on the page: a figure outlives reruns
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

// What `packed` of the Python side made.
async function unpack(figure) {
  const { readable, writable } = new DecompressionStream("deflate")
  const writer = writable.getWriter()
  writer.write(Uint8Array.from(atob(figure), (letter) => letter.charCodeAt(0)))
  writer.close()
  return new Response(readable).json()
}

class Figure {
  constructor(place) {
    this.host = place.appendChild(document.createElement("div"))
    this.host.setAttribute("role", "figure")
    this.chart = this.host.appendChild(document.createElement("div"))
    this.near = false
    this.drawn = null // what was asked for when it was drawn
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
    this.host.style.height = `${data.height}px`
    this.host.setAttribute("aria-label", data.alt)
    this.draw()
  }

  approach(near) {
    this.near = near
    this.draw()
  }

  // Nothing happens unless there is something to see that is not yet there.
  async draw() {
    if (!this.near) return
    const colours = pageColours(this.host)
    const wanted = JSON.stringify([this.data.digest, colours])
    if (wanted === this.drawn) return
    this.drawn = wanted
    try {
      const [plotly, figure] = await Promise.all([
        window.Plotly ?? loadPlotly(this.data.plotly),
        unpack(this.data.figure),
      ])
      if (wanted !== this.drawn) return // something newer is wanted by now
      if (!this.chart.layout) this.chart.replaceChildren() // plotly has not drawn here: it may say what went wrong
      await plotly.react(this.chart, this.inColours(figure, colours))
      this.listen()
    } catch (error) {
      console.warn(error)
      this.clear()
      this.chart.textContent = "This figure could not be drawn. Reload the page; its numbers can be saved below."
    }
  }

  inColours({ data, layout }, colours) {
    return {
      data,
      layout: {
        ...layout,
        ...this.size(),
        template: inPageColours(layout.template ?? {}, colours),
      },
      config: {
        displaylogo: false,
        modeBarButtonsToRemove: ["select2d", "lasso2d", "autoScale2d", "zoomIn2d", "zoomOut2d"],
        modeBarButtonsToAdd: [
          { name: "fullscreen", title: "Full screen", icon: FULLSCREEN_ICON, click: () => this.fillScreen() },
        ],
        toImageButtonOptions: {
          scale: 2,
          filename: this.data.name,
          get format() {
            return window.pompPictures // chosen in the side bar for all figures; plotly looks when it saves
          },
        },
      },
    }
  }

  // plotly offers `on` once it has drawn.
  listen() {
    if (this.listens) return
    this.listens = true
    this.chart.on("plotly_click", ({ points }) => this.data.select && this.click(points))
  }

  click(points) {
    this.tell({
      digest: this.data.digest,
      at: Date.now(),
      points: points.map((point) => point.customdata ?? point.pointIndex),
    })
  }

  size() {
    return { width: this.host.clientWidth, height: this.host.clientHeight }
  }

  fit() {
    const { width, height } = this.size()
    const layout = this.chart.layout
    if (!width || !layout || (layout.width === width && layout.height === height)) return
    window.Plotly.relayout(this.chart, { width, height })
  }

  fillScreen() {
    if (document.fullscreenElement === this.host) document.exitFullscreen()
    else this.host.requestFullscreen()
  }

  // As before it was drawn; what is still on its way comes too late.
  clear() {
    this.drawn = null
    this.listens = false // plotly forgets who listens
    window.Plotly?.purge(this.chart)
  }

  destroy() {
    clearTimeout(this.waiting)
    this.seen.disconnect()
    this.resized.disconnect()
    this.clear()
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
    family: colour("font"),
  }
}

// The template with the page's colours; what the figure says for itself counts before both.
function inPageColours(template, { text, ground, line, border, family }) {
  const layout = template.layout ?? {}
  const axis = { gridcolor: line, zerolinecolor: line, tickcolor: line }
  return {
    ...template,
    layout: {
      ...layout,
      font: { ...layout.font, color: text, family },
      paper_bgcolor: ground,
      plot_bgcolor: ground,
      hoverlabel: { bgcolor: ground, bordercolor: border, font: { color: text, family } },
      xaxis: { ...layout.xaxis, ...axis },
      yaxis: { ...layout.yaxis, ...axis },
    },
  }
}

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
