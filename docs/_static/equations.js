// Turns every equation's text into mathematics.  Scripts with `defer` run in their order, so katex is there.
document.querySelectorAll(".math").forEach((place) => {
  katex.render(place.textContent, place, {
    displayMode: place.tagName === "DIV",
    throwOnError: false,
    strict: "ignore",
  });
});
