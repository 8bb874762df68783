// A small picture of one region, put together from the tiles that the slide's deep zoom is made of.

/**
 * @param {string} url the slide's address  @param {object} info what `info.json` says, see tile_source.js
 * @param {number} x @param {number} y @param {number} size of the region, image pixels
 * @param {HTMLCanvasElement} canvas square; painted as the tiles arrive
 */
export function paintRegion(url, info, x, y, size, canvas) {
  const side = canvas.width
  const level = sharpEnough(info, size, side)
  const { width, height, tile_width, tile_height } = info.levels[level]
  const shrink = width / info.width
  const zoom = side / (size * shrink)
  const context = canvas.getContext("2d")
  const [left, top] = [x * shrink, y * shrink]
  for (const column of span(left, size * shrink, tile_width, width)) {
    for (const row of span(top, size * shrink, tile_height, height)) {
      const tile = new Image()
      // At the edges a tile may be larger than what the level has left of it.
      const across = Math.min(tile_width, width - column * tile_width)
      const down = Math.min(tile_height, height - row * tile_height)
      const at = [(column * tile_width - left) * zoom, (row * tile_height - top) * zoom]
      tile.onload = () => context.drawImage(tile, 0, 0, across, down, ...at, across * zoom, down * zoom)
      tile.src = `${url}/${level}/${column}_${row}.jpeg`
    }
  }
}

/** The smallest level on which a region has as many pixels as its picture. */
function sharpEnough(info, size, side) {
  const found = info.levels.findIndex((level) => (size * level.width) / info.width >= side)
  return found < 0 ? info.levels.length - 1 : found
}

/** The tiles that a stretch of a level touches. */
function span(from, length, tile, whole) {
  const first = Math.max(Math.floor(from / tile), 0)
  const last = Math.min(Math.ceil((from + length) / tile), Math.ceil(whole / tile)) - 1
  return Array.from({ length: Math.max(last - first + 1, 0) }, (_, step) => first + step)
}
