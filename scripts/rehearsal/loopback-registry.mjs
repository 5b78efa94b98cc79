import http from 'node:http';

/**
 * Takes what `npm publish` uploads, on loopback. It is the registry, which knows no version of any package, and the
 * service that gives a workflow its identity: the answers to the exchange of tokens lead nowhere else.
 */
export async function startLoopbackRegistry() {
  const uploads = [];
  const server = http.createServer((request, response) => {
    const chunks = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => {
      const [status, body] = answer(request, Buffer.concat(chunks).toString());
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(JSON.stringify(body));
    });
  });

  function answer({ method, url }, body) {
    if (method === 'PUT') {
      uploads.push(JSON.parse(body));
      return [201, { ok: true }];
    }
    if (url.startsWith('/identity')) return [200, { value: 'rehearsal.identity.token' }];
    if (url.startsWith('/-/npm/v1/oidc/')) return [200, { token: 'rehearsal' }];
    return [404, { error: 'not found' }];
  }

  await new Promise((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const url = `http://127.0.0.1:${server.address().port}/`;
  return {
    url,
    uploads,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
