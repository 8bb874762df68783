// A bar of a round length in µm or mm.

const LONGEST_PX = 130

export class ScaleBar {
  constructor() {
    this.element = document.createElement("div")
    this.element.className = "scale-bar"
    this.text = document.createElement("span")
    this.bar = document.createElement("i")
    this.element.append(this.text, this.bar)
  }

  /**
   * @param {number|null} mpp µm an image pixel; null where the slide does not say
   * @param {number} zoom CSS pixels an image pixel
   */
  paint(mpp, zoom) {
    const length = mpp === null ? null : roundLength((LONGEST_PX / zoom) * mpp)
    this.text.textContent = length === null ? "scale unknown" : formatLength(length)
    this.bar.style.width = length === null ? "0" : `${(length / mpp) * zoom}px`
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
