// Two slides that move together: what the hand does to one, the other follows.

export class Link {
  constructor() {
    this.sides = []
    this.leader = null
    this.on = true
  }

  /** @param {import("./slide_view.js").SlideView[]} sides none, or two */
  join(sides) {
    this.sides = sides
    this.leader = sides[0] ?? null
    this.anchors = null
  }

  /** From here on the places in the two middles belong together. */
  set linked(on) {
    this.on = on
    this.anchors = null
  }

  /** The side that the hand is on. */
  lead(side) {
    if (this.sides.includes(side)) this.leader = side
  }

  /** @param {import("./slide_view.js").SlideView} side that has just been drawn */
  follow(side) {
    const [a, b] = this.sides
    if (!this.on || side !== this.leader || !a?.image || !b?.image) return
    this.anchors ??= isSameSlide(a, b) ? [{ x: 0, y: 0 }, { x: 0, y: 0 }] : [a.middle, b.middle]
    const other = side === a ? b : a
    const [from, to] = side === a ? this.anchors : this.anchors.toReversed()
    const scale = unit(side) / unit(other) // pixels of the other to one of the leader's, for the same length
    const middle = side.middle
    other.moveTo(
      { x: to.x + (middle.x - from.x) * scale, y: to.y + (middle.y - from.y) * scale },
      side.view.zoom / scale,
    )
  }
}

function isSameSlide(a, b) {
  return a.url === b.url
}

/** Micrometres a pixel. A slide that does not say is taken for one of 1 µm a pixel. */
function unit(side) {
  return side.info.mpp ?? 1
}
