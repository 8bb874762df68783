// The entry that Streamlit calls on every rerun of the page.

import { SlideViewer } from "./slide_viewer.js"

// A viewer outlives reruns, and with it the zoom: it is found again by its place on the page.
const viewers = new WeakMap()

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
    viewers.get(parentElement)?.destroy()
    viewers.delete(parentElement)
  }
}
