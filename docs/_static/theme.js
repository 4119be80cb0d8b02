// Slides are light, unless the reader chose the dark on the site or by the key D.  A print is always light.
const page = document.documentElement;
const printing = location.search.includes("print-pdf");
const dress = (mode) => (page.dataset.theme = mode);
const kept = () => {
  try {
    return localStorage.getItem("mode");
  } catch {
    return null; // a browser that keeps nothing
  }
};
dress(kept() === "dark" && !printing ? "dark" : "light");

// A browser without a window draws no frames, but reveal.js waits for one before it lays out the pages to print.
if (printing) window.requestAnimationFrame = (draw) => setTimeout(() => draw(performance.now()), 0);

addEventListener("DOMContentLoaded", () => {
  const follow = () => page.style.setProperty("--way", Reveal.getProgress());
  Reveal.on("ready", follow);
  Reveal.on("slidechanged", follow);
  Reveal.addKeyBinding({ keyCode: 68, key: "D", description: "Light or dark slides" }, () => {
    dress(page.dataset.theme === "dark" ? "light" : "dark");
    try {
      localStorage.setItem("mode", page.dataset.theme);
    } catch {
      // then it holds for this page only
    }
  });
});
