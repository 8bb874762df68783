// The present view as a PNG: tissue, map, scale bar, and below them what the colours stand for.

const CAPTION_PX = 30
const FONT = "12px sans-serif"
const RAMP_PX = 120

/** @param {import("./pane.js").Pane} pane @param {string[]} palette @param {string} name of the file */
export async function savePicture(pane, palette, name) {
  const blob = await new Promise((resolve) => compose(pane, palette).toBlob(resolve, "image/png"))
  const link = document.createElement("a")
  link.href = URL.createObjectURL(blob)
  link.download = name
  link.click()
  // The browser has begun to read it once the click is handled.
  setTimeout(() => URL.revokeObjectURL(link.href), 1000)
}

function compose({ slide, overlay, scaleBar, legend }, palette) {
  const ratio = window.devicePixelRatio
  const { clientWidth: width, clientHeight: height } = overlay.canvas
  const canvas = document.createElement("canvas")
  Object.assign(canvas, { width: Math.round(width * ratio), height: Math.round((height + CAPTION_PX) * ratio) })
  const context = canvas.getContext("2d")
  context.scale(ratio, ratio)
  context.fillStyle = "#ffffff"
  context.fillRect(0, 0, width, height + CAPTION_PX)
  context.drawImage(slide.viewer.drawer.canvas, 0, 0, width, height)
  context.drawImage(overlay.canvas, 0, 0, width, height)
  context.font = FONT
  scaleBar.draw(context, 8, height - 8)
  drawRamp(context, palette, 8, height + 9)
  context.fillStyle = "#202020"
  context.fillText(legend.caption, RAMP_PX + 16, height + 19)
  return canvas
}

function drawRamp(context, palette, left, top) {
  const gradient = context.createLinearGradient(left, 0, left + RAMP_PX, 0)
  palette.forEach((colour, step) => gradient.addColorStop(step / (palette.length - 1), colour))
  context.fillStyle = gradient
  context.fillRect(left, top, RAMP_PX, 12)
}
