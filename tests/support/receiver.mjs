// A receiver of webhooks on this machine, which fails in every way when asked to: what the first part of a path says.

import { once } from "node:events";
import http from "node:http";

const status = (code, headers) => (request, response) => response.writeHead(code, headers).end("so it goes");

/** What a receiver does, by name. */
const WAYS = {
  ok: status(204),
  created: status(201),
  broken: status(500),
  missing: status(404),
  gone: status(410),
  busy: status(503, { "retry-after": "600" }),
  /** Whoever follows is seen at `/ok/followed`. */
  redirect: status(307, { location: "/ok/followed" }),
  /** Never answers. */
  silent: () => {},
  /** Says that all is well, and never comes to an end. */
  endless: (request, response) => response.writeHead(200).write("and then"),
  /** Never comes to its headers' end. */
  dripping: (request) => request.socket.write("HTTP/1.1 200 OK\r\nx-slow: "),
  reset: (request) => request.socket.resetAndDestroy(),
  closed: (request) => request.socket.destroy(),
  garbage: (request) => request.socket.end("\0\x01 250 this is no HTTP\r\n\r\n"),
  /** Far more than anybody reads: it writes until nobody takes it any more. */
  huge: (request, response) => {
    response.writeHead(500, { "content-type": "text/html" }).write("<script>alert(1)</script>");
    const more = () => {
      while (!response.destroyed && response.write("x".repeat(65_536)));
    };
    response.on("drain", more);
    more();
  },
};

/** Starts one that ends with the test (or the file's `{ after }`). */
export async function receiverFor(t) {
  const posts = [];
  const waiting = new Set();
  const now = { ...WAYS };
  const server = http.createServer(async (request, response) => {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const { method, url: path, headers } = request;
    posts.push({ method, path, headers, body: Buffer.concat(chunks).toString() });
    for (const look of waiting) look();
    now[path.split("/")[1]](request, response);
  });
  server.on("clientError", (error, socket) => socket.destroy());
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address();
  return {
    /** An address here: `url("broken/1")` answers 500. */
    url: (path) => `http://127.0.0.1:${port}/${path}`,
    /** Posts to a path so far. */
    posts: (path) => posts.filter((post) => post.path === `/${path}`),
    /** Resolves with the posts to a path once there are so many. */
    arrived(path, count = 1) {
      return new Promise((resolve) => {
        const look = () => {
          const found = this.posts(path);
          if (found.length < count) return;
          waiting.delete(look);
          resolve(found);
        };
        waiting.add(look);
        look();
      });
    },
    /** From now on what was asked to fail in one way does something else. */
    turn: (from, to) => (now[from] = WAYS[to]),
  };
}
