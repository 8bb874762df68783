// How large things are on the screen: a bar of a round length in µm or mm, and the magnification.

const LONGEST_PX = 130
const TEN_TIMES_MPP = 1 // µm a pixel at which a slide is said to be magnified ten times
const UNKNOWN = "No mpp stated: no scale bar"

export class ScaleBar {
  constructor() {
    this.element = document.createElement("div")
    this.element.className = "scale-bar"
    this.text = document.createElement("span")
    this.magnification = document.createElement("b")
    this.magnification.title = "Magnification on this screen: 10× is 1 µm a pixel"
    this.bar = document.createElement("i")
    this.element.append(this.text, this.magnification, this.bar)
  }

  /**
   * @param {number|null} mpp µm an image pixel; null where neither the slide nor slides.csv says
   * @param {number} zoom CSS pixels an image pixel
   */
  paint(mpp, zoom) {
    this.length = mpp === null ? null : roundLength((LONGEST_PX / zoom) * mpp)
    this.width = mpp === null ? 0 : (this.length / mpp) * zoom
    this.text.textContent = mpp === null ? UNKNOWN : formatLength(this.length)
    this.magnification.textContent = mpp === null ? "" : formatMagnification(mpp, zoom)
    this.bar.style.width = `${this.width}px`
  }

  /** Draw the bar into a picture, its lower left corner at (left, bottom). */
  draw(context, left, bottom) {
    const text = [this.text.textContent, this.magnification.textContent].filter(Boolean).join(" · ")
    const across = Math.max(context.measureText(text).width, this.width)
    context.fillStyle = "rgba(255, 255, 255, 0.85)"
    context.fillRect(left, bottom - 28, across + 12, 28)
    context.fillStyle = "#202020"
    context.fillText(text, left + 6, bottom - 12)
    context.fillRect(left + 6, bottom - 7, this.width, 3)
  }
}

/** The longest of 1, 2, 5 × 10ⁿ that is not longer. */
function roundLength(longest) {
  const power = 10 ** Math.floor(Math.log10(longest))
  return [5, 2, 1].map((digit) => digit * power).find((length) => length <= longest)
}

function formatLength(length) {
  return length >= 1000 ? `${length / 1000} mm` : `${Number(length.toPrecision(1))} µm`
}

function formatMagnification(mpp, zoom) {
  return `${Number(((10 * TEN_TIMES_MPP * zoom) / mpp).toPrecision(3))}×`
}
