// The entry that Streamlit calls on every rerun of the page.

import { SlideViewer } from "./slide_viewer.js"

// A viewer outlives reruns, and with it the zoom: it is found again by its place on the page.
const viewers = new WeakMap()
const latest = new WeakMap() // call of a viewer

// Streamlit may end an earlier call late, after the next one has been made for the same place: then the viewer is the
// next one's.
export default function render({ parentElement, data, setStateValue }) {
  const onChoice = (choice) => setStateValue("choice", choice)
  const found = viewers.get(parentElement)
  const viewer = found ?? new SlideViewer(parentElement, data, onChoice)
  if (found) {
    viewer.onChoice = onChoice
    viewer.update(data)
  }
  viewers.set(parentElement, viewer)
  const own = {}
  latest.set(viewer, own)
  return () => {
    if (latest.get(viewer) !== own || viewers.get(parentElement) !== viewer) return
    viewer.destroy()
    viewers.delete(parentElement)
  }
}
