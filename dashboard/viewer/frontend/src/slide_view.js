// Deep zoom over one slide, by OpenSeadragon. Knows nothing of regions or scores.

import OpenSeadragon from "openseadragon"

import { tileSource } from "./tile_source.js"

// OpenSeadragon turns and mirrors on these keys; regions and scale bar are drawn for an upright slide.
const UNUSED_KEYS = new Set(["r", "R", "f", "F"])
const ZOOM_STEP = 1.6

export class SlideView {
  /**
   * @param {HTMLElement} element
   * @param {{onOpen: () => void, onDraw: () => void, onClick: (point: {x: number, y: number}) => void,
   *   onError: (text: string) => void}} on points are in image pixels
   */
  constructor(element, on) {
    this.on = on
    this.info = null
    const still = window.matchMedia("(prefers-reduced-motion: reduce)").matches
    const gestures = { clickToZoom: false, dblClickToZoom: true }
    this.viewer = OpenSeadragon({
      element,
      drawer: "canvas",
      prefixUrl: "",
      showNavigationControl: false,
      showNavigator: true,
      navigatorPosition: "TOP_RIGHT",
      navigatorWidth: "144px",
      navigatorHeight: "108px",
      navigatorAutoFade: false,
      animationTime: still ? 0 : 0.5,
      maxZoomPixelRatio: 4,
      minZoomImageRatio: 0.7,
      visibilityRatio: 0.5,
      gestureSettingsMouse: gestures,
      gestureSettingsPen: gestures,
      gestureSettingsTouch: gestures,
    })
    this.viewer.addHandler("update-viewport", () => this.image && on.onDraw())
    this.viewer.addHandler("canvas-click", (event) => {
      if (event.quick && this.image) on.onClick(this.imagePoint(event.position))
    })
    this.viewer.addHandler("canvas-key", (event) => {
      if (UNUSED_KEYS.has(event.originalEvent.key)) event.preventDefaultAction = true
    })
    this.viewer.addHandler("open", () => on.onOpen())
    this.viewer.addHandler("open-failed", () => on.onError("The slide cannot be shown."))
  }

  /** @param {string} url the slide's address on this server, without a slash at the end */
  async open(url) {
    this.url = url
    this.info = null
    this.viewer.close()
    try {
      const answer = await fetch(`${url}/info.json`)
      if (!answer.ok) throw new Error(await answer.text())
      const info = await answer.json()
      await hasSize(this.viewer.element)
      // Another slide may have been chosen while this one's answer was on its way.
      if (this.url === url) this.#show(url, info)
    } catch (error) {
      if (this.url === url) this.on.onError(error.message)
    }
  }

  #show(url, info) {
    this.info = info
    this.viewer.open(tileSource(url, info))
  }

  get image() {
    return this.info && this.viewer.world.getItemAt(0)
  }

  /** The image's corner in the element and the size of an image pixel, in CSS pixels. */
  get view() {
    const corner = this.image.imageToViewerElementCoordinates(new OpenSeadragon.Point(0, 0))
    const edge = this.image.imageToViewerElementCoordinates(new OpenSeadragon.Point(this.info.width, 0))
    return { x: corner.x, y: corner.y, zoom: (edge.x - corner.x) / this.info.width }
  }

  /** @param {{x: number, y: number}} position in the element, CSS pixels */
  imagePoint(position) {
    return this.image.viewerElementToImageCoordinates(new OpenSeadragon.Point(position.x, position.y))
  }

  zoomIn() {
    this.viewer.viewport.zoomBy(ZOOM_STEP).applyConstraints()
  }

  zoomOut() {
    this.viewer.viewport.zoomBy(1 / ZOOM_STEP).applyConstraints()
  }

  home() {
    this.viewer.viewport.goHome()
  }

  /** Move a square of the image to the middle, at the present zoom, unless it is in sight. */
  bringIntoSight(x, y, size) {
    const { viewport } = this.viewer
    const square = this.image.imageToViewportRectangle(x, y, size, size)
    const sight = viewport.getBounds()
    const isInside =
      sight.containsPoint(square.getTopLeft()) && sight.containsPoint(square.getBottomRight())
    if (!isInside) viewport.panTo(square.getCenter()).applyConstraints()
  }

  /** Glide to a square of the image, with as much again around it. */
  flyTo(x, y, size) {
    const square = this.image.imageToViewportRectangle(x - size / 2, y - size / 2, 2 * size, 2 * size)
    this.viewer.viewport.fitBounds(square).applyConstraints()
  }

  /** The image point in the middle of the view. */
  get middle() {
    return this.image.viewportToImageCoordinates(this.viewer.viewport.getCenter(true))
  }

  /** @param {{x: number, y: number}} middle image pixels  @param {number} zoom CSS pixels an image pixel */
  moveTo(middle, zoom) {
    const { viewport } = this.viewer
    viewport.zoomTo(this.image.imageToViewportZoom(zoom), null, true)
    viewport.panTo(this.image.imageToViewportCoordinates(middle.x, middle.y), true)
  }

  destroy() {
    this.viewer.destroy()
  }
}

/** Resolves once an element has a size. In a hidden tab it has none, and the slide would be fitted into nothing. */
function hasSize(element) {
  return new Promise((resolve) => {
    const observer = new ResizeObserver(() => {
      if (element.clientWidth === 0 || element.clientHeight === 0) return
      observer.disconnect()
      resolve()
    })
    observer.observe(element)
  })
}
