// Reports that wait on the phone, in the order told. Each has a key of its own, under which the server takes it once.

const NAME = "denghuo-crew";
const STORE = "reports";

let opened;

/** The database of the phone; it may refuse (private windows of some browsers), and then forms are sent plainly. */
export function open() {
  opened ??= new Promise((done, fail) => {
    const asked = indexedDB.open(NAME, 1);
    asked.onupgradeneeded = () => asked.result.createObjectStore(STORE, { keyPath: "seq", autoIncrement: true });
    asked.onsuccess = () => done(asked.result);
    asked.onerror = () => fail(asked.error);
    asked.onblocked = () => fail(new Error("blocked"));
  });
  return opened;
}

async function run(mode, work) {
  const database = await open();
  return new Promise((done, fail) => {
    const transaction = database.transaction(STORE, mode, { durability: "strict" });
    const asked = work(transaction.objectStore(STORE));
    transaction.oncomplete = () => done(asked?.result);
    transaction.onerror = transaction.onabort = () => fail(transaction.error);
  });
}

/** Everything that is kept, oldest first: what waits (`status` "waiting") and what somebody has to look at. */
export const all = () => run("readonly", (store) => store.getAll());

export async function add(report) {
  const kept = { status: "waiting", ...report };
  const seq = await run("readwrite", (store) => store.add(kept));
  navigator.storage?.persist?.().catch(() => {});
  return { ...kept, seq };
}

/** Change what is kept, if it is still there: another page may have sent it meanwhile. */
export async function change(seq, told) {
  const database = await open();
  return new Promise((done, fail) => {
    const transaction = database.transaction(STORE, "readwrite");
    const store = transaction.objectStore(STORE);
    const asked = store.get(seq);
    asked.onsuccess = () => asked.result && store.put({ ...asked.result, ...told });
    transaction.oncomplete = () => done();
    transaction.onerror = transaction.onabort = () => fail(transaction.error);
  });
}

export const drop = (seq) => run("readwrite", (store) => store.delete(seq));
