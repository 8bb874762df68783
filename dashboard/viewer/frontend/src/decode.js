// What Python packed: little-endian numbers in base64, a third of their size as text.

/** @param {string} packed @returns {Uint8Array} */
export function bytes(packed) {
  return Uint8Array.from(atob(packed), (letter) => letter.charCodeAt(0))
}

/** @param {string} packed 32-bit floats, NaN where there is none @returns {(number|null)[]} */
export function numbers(packed) {
  return Array.from(new Float32Array(bytes(packed).buffer), (value) => (Number.isNaN(value) ? null : value))
}
