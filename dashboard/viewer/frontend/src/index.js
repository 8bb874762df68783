// The entry that Streamlit calls on every rerun of the page.

import { SlideViewer } from "./slide_viewer.js"

// A viewer outlives reruns, and with it the zoom: it is found again by its place on the page.
const viewers = new WeakMap()

// Streamlit may end an earlier call late, after the next one has been made for the same place: then the viewer is the
// next one's.
export default function render({ parentElement, data, setStateValue }) {
  const onChoice = (choice) => setStateValue("choice", choice)
  const viewer = viewers.get(parentElement)
  if (viewer) {
    viewer.onChoice = onChoice
    viewer.update(data)
  } else {
    viewers.set(parentElement, new SlideViewer(parentElement, data, onChoice))
  }
  return () => {
    const last = viewers.get(parentElement)
    if (last?.onChoice !== onChoice) return // of a later call
    last.destroy()
    viewers.delete(parentElement)
  }
}
