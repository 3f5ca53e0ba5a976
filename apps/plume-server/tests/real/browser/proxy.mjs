// A proxy between the browser and the server, which can cut connections as a bad network does.
import http from "node:http";

export const proxy = async () => {
  const sockets = new Set();
  const streams = new Set();
  let refuse = () => false;
  let hangs = false;
  const server = http.createServer((request, response) => {
    if (refuse(request.url)) return request.socket.destroy();
    if (hangs) return;
    const { hostname, port, pathname, search } = new URL(request.url);
    const onward = http.request({ hostname, port, path: pathname + search, method: request.method, headers: request.headers },
      answer => {
        response.writeHead(answer.statusCode, answer.headers);
        answer.pipe(response);
        if (request.url.includes("/events")) streams.add(() => answer.unpipe(response));
      });
    onward.on("error", () => response.destroy());
    response.on("close", () => onward.destroy());
    request.pipe(onward);
  });
  server.on("connection", socket => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => {});
  });
  await new Promise(done => server.listen(0, "127.0.0.1", done));
  return {
    address: `http://127.0.0.1:${server.address().port}`,
    /** Cuts open connections, and refuses new ones whose address matches until `mend`. */
    cut: (matches = () => true) => {
      refuse = matches;
      sockets.forEach(socket => socket.destroy());
    },
    /** Keeps open streams open, and passes nothing on, as after a sleep; if `all`, new requests have no answer either. */
    stall: (all = false) => {
      streams.forEach(stop => stop());
      streams.clear();
      hangs = all;
    },
    mend: () => {
      refuse = () => false;
      hangs = false;
    },
    close: () => {
      sockets.forEach(socket => socket.destroy());
      server.close();
    },
  };
};
