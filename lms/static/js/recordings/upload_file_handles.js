// Files that were dropped can be opened again after a reload, where the browser keeps their handles.

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
    return undefined; // a private window keeps nothing; the file is chosen again
  }
}

export const keep = (address, handle) => within("readwrite", (store) => store.put(handle, address));
export const find = (address) => within("readonly", (store) => store.get(address));
export const forget = (address) => within("readwrite", (store) => store.delete(address));

// The file itself; without a click (asks is false) only where the browser needs no leave.
export async function fileOf(handle, asks) {
  if (!handle?.getFile) return null;
  try {
    const leave = { mode: "read" };
    let given = await handle.queryPermission(leave);
    if (given !== "granted" && asks) given = await handle.requestPermission(leave);
    return given === "granted" ? await handle.getFile() : null;
  } catch {
    return null; // moved or deleted meanwhile
  }
}

// To be called while the drop lasts: the browser forgets what was dropped right after.
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
