// The page's language is ours, not the browser's: Gradio words its own parts after it.
document.documentElement.lang = window.packshot.html;
for (const [name, value] of [["language", window.packshot.html], ["languages", [window.packshot.html]]]) {
  Object.defineProperty(navigator, name, { get: () => value });
}
document.cookie = `packshot_lang=${window.packshot.language}; path=/; max-age=31536000; samesite=lax`;

// Light or dark: as the system says, until somebody chooses.
const chosen = localStorage.getItem("packshot-theme");
const dark = () => document.body.classList.contains("dark");
const paint = (wanted) => document.body.classList.toggle("dark", wanted);
const settle = () => {
  if (!document.body) return requestAnimationFrame(settle);
  const system = matchMedia("(prefers-color-scheme: dark)");
  const now = () => paint((localStorage.getItem("packshot-theme") || (system.matches ? "dark" : "light")) === "dark");
  now();
  system.addEventListener("change", now);
  // Gradio sets its own idea of it once it has loaded.
  setTimeout(now, 300);
  setTimeout(now, 1500);
};
settle();

document.addEventListener("click", async (event) => {
  const target = event.target.closest("[data-do]");
  if (!target) return;
  if (target.dataset.do === "theme") {
    paint(!dark());
    localStorage.setItem("packshot-theme", dark() ? "dark" : "light");
  }
  if (target.dataset.do === "fill") {
    const field = target.closest(".two-columns > .column").querySelector("textarea");
    field.value = target.textContent;
    field.dispatchEvent(new Event("input", { bubbles: true }));
    field.focus();
  }
  if (target.dataset.do === "copy") {
    const text = target.dataset.text;
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      // Without https the clipboard is closed to scripts; a selection still goes.
      const area = Object.assign(document.createElement("textarea"), { value: text });
      document.body.append(area);
      area.select();
      document.execCommand("copy");
      area.remove();
    }
    const label = target.textContent;
    target.textContent = window.packshot.copied;
    setTimeout(() => { target.textContent = label; }, 1400);
  }
});

// Ctrl+Enter in the description draws.
document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
  const panel = event.target.closest(".two-columns > .column");
  const button = panel && panel.querySelector("button.primary");
  if (button) { event.preventDefault(); button.click(); }
});
