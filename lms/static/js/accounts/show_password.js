// A button in each password field that shows the password. Before the form is submitted, the field
// becomes a password field again, so that browsers don't remember it as ordinary text.

function addToggle(input) {
  const box = document.createElement("div");
  box.className = "secret";
  input.before(box);
  const button = document.createElement("button");
  button.type = "button";
  button.className = "button button-quiet button-small";
  box.append(input, button);
  const set = (shown) => {
    input.type = shown ? "text" : "password";
    button.textContent = shown ? input.dataset.hide : input.dataset.show;
    button.setAttribute("aria-label", shown ? input.dataset.hideLabel : input.dataset.showLabel);
  };
  button.addEventListener("click", () => set(input.type === "password"));
  input.form?.addEventListener("submit", () => set(false));
  set(false);
}

document.querySelectorAll("input[data-secret]").forEach(addToggle);
