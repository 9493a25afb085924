// Dropped files can be opened again after a reload, if the browser stores their handles.

const NAME = "carrel-uploads";
const STORE = "handles";

function opened() {
  return new Promise((resolve, reject) => {
    const asked = indexedDB.open(NAME, 1);
    asked.onupgradeneeded = () => asked.result.createObjectStore(STORE);
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => reject(asked.error);
  });
}

async function within(mode, act) {
  try {
    const database = await opened();
    return await new Promise((resolve, reject) => {
      const asked = act(database.transaction(STORE, mode).objectStore(STORE));
      asked.onsuccess = () => resolve(asked.result);
      asked.onerror = () => reject(asked.error);
    });
  } catch {
    return undefined; // private windows store nothing; the file must be chosen again
  }
}

export const keep = (address, handle) => within("readwrite", (store) => store.put(handle, address));
export const find = (address) => within("readonly", (store) => store.get(address));
export const forget = (address) => within("readwrite", (store) => store.delete(address));

// Returns the file; without a click (`asks` is false) only if the browser needs no permission.
export async function fileOf(handle, asks) {
  if (!handle?.getFile) return null;
  try {
    const leave = { mode: "read" };
    let given = await handle.queryPermission(leave);
    if (given !== "granted" && asks) given = await handle.requestPermission(leave);
    return given === "granted" ? await handle.getFile() : null;
  } catch {
    return null; // moved or deleted in the meantime
  }
}

// Must be called during the drop event: the browser discards the dropped items right after.
export function dropped(transfer) {
  const items = [...transfer.items].filter((item) => item.kind === "file");
  return Promise.all(
    items.map(async (item) => {
      const file = item.getAsFile();
      const handle = await item.getAsFileSystemHandle?.().catch(() => null);
      return { file, handle: handle?.kind === "file" ? handle : null, folder: handle?.kind === "directory" };
    }),
  );
}
