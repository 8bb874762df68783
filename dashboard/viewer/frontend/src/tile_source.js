// Which tiles a slide has, and where they lie. Its levels are the file's own, each with tiles of its own size.

import OpenSeadragon from "openseadragon"

/**
 * What `viewer.open` takes. Levels count from the smallest; a viewport is as wide as the image, whose width is 1.
 *
 * @param {string} url the slide's address on this server, without a slash at the end
 * @param {{width: number, height: number,
 *   levels: {width: number, height: number, tile_width: number, tile_height: number}[]}} info
 */
export function tileSource(url, { width, height, levels }) {
  const aspect = height / width
  return {
    width,
    height,
    minLevel: 0,
    maxLevel: levels.length - 1,
    getTileUrl: (level, column, row) => `${url}/${level}/${column}_${row}.jpeg`,
    getLevelScale: (level) => levels[level].width / width,
    getTileWidth: (level) => levels[level].tile_width,
    getTileHeight: (level) => levels[level].tile_height,
    getNumTiles: (level) => numberOfTiles(levels[level]),
    getTileAtPoint: (level, point) => tileAt(levels[level], point.x, point.y / aspect),
    getTileBounds: (level, column, row, isSource) => tileBounds(levels[level], column, row, aspect, isSource),
  }
}

function numberOfTiles(level) {
  return new OpenSeadragon.Point(
    Math.ceil(level.width / level.tile_width),
    Math.ceil(level.height / level.tile_height),
  )
}

/** @param {number} x share of the width, 0 to 1  @param {number} y share of the height */
function tileAt(level, x, y) {
  const { x: columns, y: rows } = numberOfTiles(level)
  const place = (share, length, side, count) =>
    Math.min(Math.max(Math.floor((share * length) / side), 0), count - 1)
  return new OpenSeadragon.Point(
    place(x, level.width, level.tile_width, columns),
    place(y, level.height, level.tile_height, rows),
  )
}

/** In the viewport, or with `isSource` in the tile's own pixels: what lies beyond the image's edge is not drawn. */
function tileBounds(level, column, row, aspect, isSource) {
  const [left, top] = [column * level.tile_width, row * level.tile_height]
  const across = Math.min(level.tile_width, level.width - left)
  const down = Math.min(level.tile_height, level.height - top)
  if (isSource) return new OpenSeadragon.Rect(0, 0, across, down)
  // Both sides fill the image's, though a scanner's smaller level may be a pixel off its proportions.
  const [unitX, unitY] = [1 / level.width, aspect / level.height]
  return new OpenSeadragon.Rect(left * unitX, top * unitY, across * unitX, down * unitY)
}
