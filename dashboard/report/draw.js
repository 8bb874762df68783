// Draws every figure that the page holds as JSON. Nothing is fetched.
for (const { name, figure } of JSON.parse(document.getElementById("figures").textContent)) {
  Plotly.newPlot(`figure-${name}`, figure.data, figure.layout, {
    displaylogo: false,
    showTips: false,
    modeBarButtons: [["toImage"]],
    toImageButtonOptions: { format: "svg", filename: name },
  });
}
window.addEventListener("beforeprint", () => {
  for (const folded of document.querySelectorAll("details:not(figure details)")) folded.open = true;
});
