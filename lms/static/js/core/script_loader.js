// Loads scripts that a page needs after it is shown, or not at all.

const loading = new Map();

// Resolves when a script has run, or when loading it failed; a later call tries again.
export function loadScript(address) {
  if (!loading.has(address)) {
    const script = document.createElement("script");
    script.src = address;
    const ended = new Promise((resolve) => {
      script.addEventListener("load", resolve);
      script.addEventListener("error", () => {
        loading.delete(address);
        resolve();
      });
    });
    loading.set(address, ended);
    document.head.append(script);
  }
  return loading.get(address);
}
