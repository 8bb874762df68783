// Before Streamlit's own scripts come: how the browser's history goes, how the server's messages are taken, and what is
// fetched before it is asked for.
{
  const MOST_MS = 150 // so long at the most a message waits: long work shows how far it is
  const FIRST_MS = 20 // so long until a first page stands, which comes bit by bit
  const WAKE_MS = 1 // in which comes what the server says after the script's end
  const MOST_BYTES = 100 // of a message that says that the script has run
  const FINISHED = 6 << 3 // its last field's number, before a byte that says how it went
  const MOST_VALUES = 8
  const ready = JSON.parse(document.currentScript.dataset.ready)

  // Back leads to the page before, however often the address has changed: Streamlit makes an entry for each choice that
  // it writes into the address, several at a time. Other pages have another path, and get their entry.
  history.pushState = (state, title, url) => {
    const same = !url || new URL(url, location.href).pathname === location.pathname
    const change = same ? History.prototype.replaceState : History.prototype.pushState
    change.call(history, state, title, url)
  }

  // Streamlit draws the whole page anew as soon as a message has come, 10 to 30 ms each time, and a click is answered
  // with fifty. So they wait until the script has run, and are drawn in one go.
  window.WebSocket = class extends WebSocket {
    constructor(...given) {
      super(...given)
      this.waiting = []
      // Before all others who listen, since they come later.
      this.addEventListener("message", (event) => {
        if (!event.isTrusted) return // it has waited
        event.stopImmediatePropagation()
        this.take(event)
      })
      this.addEventListener("close", () => this.passOn())
    }

    take({ data, origin }) {
      this.waiting.push(new MessageEvent("message", { data, origin }))
      if (isEnd(data)) {
        this.hasEnded = true
        this.passOnIn(WAKE_MS)
      } else if (this.waiting.length === 1) this.passOnIn(isReady ? MOST_MS : FIRST_MS)
    }

    passOnIn(ms) {
      clearTimeout(this.timer)
      this.timer = setTimeout(() => this.passOn(), ms)
    }

    passOn() {
      clearTimeout(this.timer)
      for (const message of this.waiting.splice(0)) this.dispatchEvent(message)
      if (this.hasEnded) makeReady()
    }
  }

  // Should Streamlit come to say it otherwise, only a few milliseconds are lost.
  function isEnd(data) {
    const [field, value] = new Uint8Array(data).slice(-2)
    return data.byteLength < MOST_BYTES && field === FINISHED && value < MOST_VALUES
  }

  // Once the first page stands, what figures and other pages need: plotly alone takes longer than a click may. What
  // cannot be had now is asked for again where it is needed.
  let isReady = false
  async function makeReady() {
    if (isReady) return
    isReady = true
    const idle = () => new Promise((resolve) => (window.requestIdleCallback ?? setTimeout)(resolve))
    const load = (url) => idle().then(() => import(new URL(url, document.baseURI)))
    try {
      await Promise.all(ready.elements.map(load))
      await (await load(ready.figure)).makeReady(ready.plotly)
    } catch (error) {
      console.info(error)
    }
  }
}
