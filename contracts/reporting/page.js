for (const button of document.querySelectorAll("[data-copy]")) button.addEventListener("click", async () => {
  const shown = document.getElementById(button.dataset.copy);
  try {
    await navigator.clipboard.writeText(shown.textContent);
    button.textContent = "copied";
  } catch { // not every browser lets a file do that
    getSelection().selectAllChildren(shown);
    button.textContent = "selected";
  }
});
let opened = [];
addEventListener("beforeprint", () => {
  opened = [...document.querySelectorAll("details:not([open])")];
  for (const each of opened) each.open = true;
});
addEventListener("afterprint", () => { for (const each of opened) each.open = false; });
