// Requests as a browser makes them, over connections that are kept, so many at a time.

import http from "node:http";

const HEADERS = {
  "user-agent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0.0.0 Safari/537.36",
  "content-type": "text/plain;charset=UTF-8",
  origin: "https://www.harbour-and-pine.example",
  referer: "https://www.harbour-and-pine.example/",
  accept: "*/*",
  "accept-encoding": "gzip, deflate, br, zstd",
  "accept-language": "en-GB,en;q=0.9",
};

/** A sender to one collector with at most `atOnce` requests under way. */
export function sender({ origin }, { atOnce }) {
  const { hostname, port } = new URL(origin);
  const agent = new http.Agent({ keepAlive: true, maxSockets: atOnce });

  const post = ({ path, body }) =>
    new Promise((resolve, reject) => {
      const headers = { ...HEADERS, "content-length": Buffer.byteLength(body) };
      const request = http.request({ hostname, port, path, agent, headers, method: "POST" }, (response) => {
        let text = "";
        response.setEncoding("utf8").on("data", (chunk) => (text += chunk));
        response.on("end", () => {
          if (response.statusCode === 200 || response.statusCode === 204) resolve(text);
          else reject(new Error(`${path} answered ${response.statusCode}: ${text}`));
        });
      });
      request.on("error", reject);
      request.end(body);
    });

  return {
    /** Sends all and resolves to the answers' texts. */
    async all(requests) {
      const answers = [];
      let next = 0;
      const worker = async () => {
        while (next < requests.length) {
          const mine = next++;
          answers[mine] = await post(requests[mine]);
        }
      };
      await Promise.all(Array.from({ length: atOnce }, worker));
      return answers;
    },
    close: () => agent.destroy(),
  };
}

/** Answers of the events endpoint, which says nothing of a batch whose events all were accepted. */
export function allAccepted(answers) {
  for (const answer of answers) {
    if (answer !== "") throw new Error(`not all events were accepted: ${answer}`);
  }
}
