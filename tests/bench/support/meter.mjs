// What an object read and wrote while something happened. An alarm that is set counts as a row written: it is billed as one.

async function ask(url, method) {
  const response = await fetch(url, { method });
  const text = await response.text();
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${text}`);
  return text;
}

/** An object of a site, `site` or `shard/0`, in the test configuration. */
export function object({ origin }, { site }, name) {
  const base = `${origin}/test/${site}/${name}`;
  const read = async () => JSON.parse(await ask(`${base}/meter`, "GET"));
  return {
    /** What its alarm does, now. */
    ring: () => ask(`${base}/alarm`, "POST"),
    /** Runs `work` and gives `{ read, written, alarms }`; `written` has the alarms in it. */
    async during(work) {
      const before = await read();
      await work();
      const after = await read();
      const alarms = after.alarms_set - before.alarms_set;
      return {
        read: after.rows_read - before.rows_read,
        written: after.rows_written - before.rows_written + alarms,
        alarms,
      };
    },
  };
}
