// One MCP request of revision 2026-07-28 over HTTP, written by hand: for tests that look at status and headers.

const REVISION = '2026-07-28';

/** The headers and the body of one request. */
export function message(method, params = {}) {
  return {
    headers: {
      accept: 'application/json, text/event-stream',
      'content-type': 'application/json',
      'mcp-protocol-version': REVISION,
      'mcp-method': method,
      ...(params.name === undefined ? {} : { 'mcp-name': params.name }),
    },
    body: JSON.stringify({
      jsonrpc: '2.0',
      id: 1,
      method,
      params: {
        ...params,
        _meta: {
          'io.modelcontextprotocol/protocolVersion': REVISION,
          'io.modelcontextprotocol/clientInfo': { name: 'interop', version: '1.0.0' },
          'io.modelcontextprotocol/clientCapabilities': {},
        },
      },
    }),
  };
}

/** Sends one request; answers with the HTTP status, the headers and the JSON body (undefined when there is none). */
export async function request(url, token, method, params = {}) {
  const { headers, body } = message(method, params);
  if (token !== undefined) headers.authorization = `Bearer ${token}`;
  const response = await fetch(url, { method: 'POST', headers, body });
  const text = await response.text();
  const json = response.headers.get('content-type')?.startsWith('application/json') ?? false;
  return { status: response.status, headers: response.headers, body: json && text !== '' ? JSON.parse(text) : undefined };
}

/** Calls a tool. */
export function callTool(url, token, name, args = {}) {
  return request(url, token, 'tools/call', { name, arguments: args });
}

/** The parameters of a `WWW-Authenticate: Bearer` challenge (RFC 6750 section 3). */
export function challenge(headers) {
  const value = headers.get('www-authenticate');
  if (value === null) return undefined;
  const [scheme] = value.split(' ', 1);
  const parameters = {};
  for (const [, name, quoted] of value.matchAll(/([a-z_]+)="((?:[^"\\]|\\.)*)"/g)) {
    parameters[name] = quoted.replaceAll(/\\(.)/g, '$1');
  }
  return { scheme, ...parameters };
}
