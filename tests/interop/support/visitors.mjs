// The clients that visit the `everything` example: the TypeScript SDK in both of its generations, in both eras, over HTTP and
// over stdio. They differ in how their methods are spelled; a `Visitor` spells them one way.

import { setTimeout as pause } from 'node:timers/promises';

import * as second from '@modelcontextprotocol/client';
import { StdioClientTransport as SecondStdio } from '@modelcontextprotocol/client/stdio';
import { Client as FirstClient } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport as FirstStdio } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport as FirstHttp } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import {
  CallToolResultSchema,
  CreateMessageRequestSchema,
  ElicitRequestSchema,
  ListRootsRequestSchema,
  LoggingMessageNotificationSchema,
  PromptListChangedNotificationSchema,
  ResourceUpdatedNotificationSchema,
  ToolListChangedNotificationSchema,
} from '@modelcontextprotocol/sdk/types.js';

const INFO = { name: 'interop', version: '1.0.0' };
const ARRIVAL_LIMIT_MS = 30_000;

/** What a client has that can answer everything a server may ask. */
const CAPABILITIES = {
  elicitation: { form: {}, url: {} },
  sampling: {},
  roots: { listChanged: true },
};

const FIRST_SCHEMAS = {
  'elicitation/create': ElicitRequestSchema,
  'sampling/createMessage': CreateMessageRequestSchema,
  'roots/list': ListRootsRequestSchema,
  'notifications/message': LoggingMessageNotificationSchema,
  'notifications/resources/updated': ResourceUpdatedNotificationSchema,
  'notifications/tools/list_changed': ToolListChangedNotificationSchema,
  'notifications/prompts/list_changed': PromptListChangedNotificationSchema,
};

const pinned = { versionNegotiation: { mode: { pin: '2026-07-28' } } };
const choosing = { versionNegotiation: { mode: 'auto' } };

const GENERATIONS = [
  {
    name: 'version 1, with a handshake',
    era: 'handshake',
    revision: '2025-11-25',
    client: (options) => new FirstClient(INFO, options),
    transports: { http: FirstHttp, stdio: FirstStdio },
    named: (method) => FIRST_SCHEMAS[method],
    call: (client, params, options) => client.callTool(params, CallToolResultSchema, options),
  },
  {
    name: 'version 2, with a handshake',
    era: 'handshake',
    revision: '2025-11-25',
    ...secondGeneration({}),
  },
  {
    name: 'version 2, without a handshake',
    era: 'sessionless',
    revision: '2026-07-28',
    ...secondGeneration(pinned),
  },
  {
    name: 'version 2, choosing for itself',
    era: 'sessionless',
    revision: '2026-07-28',
    ...secondGeneration(choosing),
  },
];

/** Every generation over every transport. */
export const VISITORS = GENERATIONS.flatMap((generation) =>
  ['http', 'stdio'].map((wire) => ({ ...generation, wire, name: `${generation.name}, over ${wire}` })),
);

function secondGeneration(negotiation) {
  return {
    client: (options) => new second.Client(INFO, { ...options, ...negotiation }),
    transports: { http: second.StreamableHTTPClientTransport, stdio: SecondStdio },
    named: (method) => method,
    call: (client, params, options) => client.callTool(params, options),
  };
}

/** A connected client. */
export class Visitor {
  /** Connects to the program `everything`, which serves HTTP at `url` and stdio when it is started as `command`. */
  static async connect(kind, { url, command }, capabilities = CAPABILITIES) {
    const visitor = new Visitor(kind, capabilities);
    await visitor.#open(url, command);
    return visitor;
  }

  constructor(kind, capabilities) {
    this.kind = kind;
    this.client = kind.client({ capabilities });
    this.errors = [];
    this.client.onerror = (error) => this.errors.push(error);
  }

  async #open(url, command) {
    const { http, stdio } = this.kind.transports;
    if (this.kind.wire === 'stdio') {
      await this.client.connect(new stdio({ command, args: [], stderr: 'ignore' }));
      return;
    }
    let opened;
    const listening = new Promise((resolve) => {
      opened = resolve;
    });
    const fetchAndNote = async (target, init) => {
      const response = await fetch(target, init);
      if (init?.method === 'GET' && response.ok) opened();
      return response;
    };
    await this.client.connect(new http(new URL(url), { fetch: fetchAndNote }));
    // In a session the client opens a stream of its own accord; what the server tells before that, nobody hears.
    if (this.kind.era === 'handshake') await within(listening, 'the stream of the session');
  }

  /** Calls a tool. */
  call(name, args = {}, options = {}) {
    return this.kind.call(this.client, { name, arguments: args }, options);
  }

  /** Calls a tool that answers with one text. */
  async text(name, args = {}, options = {}) {
    const { content, isError } = await this.call(name, args, options);
    if (isError) throw new Error(`${name} failed: ${JSON.stringify(content)}`);
    if (content.length !== 1) throw new Error(`${name} answered with ${content.length} contents`);
    return content[0].text;
  }

  /** Answers requests of the server. What came is kept in the array that this returns. */
  answer(method, reply) {
    const asked = [];
    this.client.setRequestHandler(this.kind.named(method), async ({ params }) => {
      asked.push(params);
      return reply(params);
    });
    return asked;
  }

  /** Keeps notifications of the server. */
  hear(method) {
    const heard = new Heard(method);
    this.client.setNotificationHandler(this.kind.named(method), ({ params }) => heard.add(params));
    return heard;
  }

  /** Asks to be told of changes, as the era has it. */
  async watch({ tools = false, prompts = false, resource }) {
    if (this.kind.era === 'sessionless') {
      const filter = {
        ...(tools ? { toolsListChanged: true } : {}),
        ...(prompts ? { promptsListChanged: true } : {}),
        ...(resource === undefined ? {} : { resourceSubscriptions: [resource] }),
      };
      const subscription = await this.client.listen(filter);
      return { honored: subscription.honoredFilter, stop: () => subscription.close() };
    }
    if (resource !== undefined) {
      await this.client.subscribeResource({ uri: resource });
      return { stop: () => this.client.unsubscribeResource({ uri: resource }) };
    }
    return { stop: async () => {} };
  }

  close() {
    return this.client.close();
  }
}

/** Notifications that arrived, and waiting for more. */
class Heard {
  #waiting = [];

  constructor(method) {
    this.method = method;
    this.all = [];
  }

  add(params) {
    this.all.push(params);
    this.#waiting = this.#waiting.filter(({ count, resolve }) => {
      if (this.all.length < count) return true;
      resolve();
      return false;
    });
  }

  /** Waits until `count` of them have arrived, and answers with all that have. */
  async atLeast(count) {
    if (this.all.length < count) {
      const arrived = new Promise((resolve) => this.#waiting.push({ count, resolve }));
      await within(arrived, `${count} ${this.method}, of which ${this.all.length} came`);
    }
    return this.all;
  }
}

/** Waits, but not for ever. */
export async function within(promise, what) {
  const ended = new AbortController();
  const late = pause(ARRIVAL_LIMIT_MS, undefined, { signal: ended.signal }).then(
    () => {
      throw new Error(`waited ${ARRIVAL_LIMIT_MS} ms for ${what}`);
    },
    () => {},
  );
  try {
    return await Promise.race([promise, late]);
  } finally {
    ended.abort();
  }
}
