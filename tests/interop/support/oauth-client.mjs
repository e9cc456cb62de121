// An OAuth client provider for both generations of the TypeScript SDK. It keeps everything in memory, and in place of a
// person with a browser it follows the redirects of the authorization server itself. Where there are pages, it needs a
// `Person` in front of them.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';

import { followToCallback } from './redirects.mjs';

export class InMemoryOAuthClient {
  redirectUrl = 'http://127.0.0.1:8765/callback';
  /** The authorization requests that were made, as URLs, and what came back for each. */
  authorizations = [];
  callbacks = [];
  /** Every access token that was issued. */
  issued = [];
  #client;
  #tokens;
  #verifier;
  #state;
  #discovery;
  #logIn;

  constructor(person) {
    this.#logIn = person ? (url, callback) => person.logIn(url, callback) : followToCallback;
  }

  get clientMetadata() {
    return {
      client_name: 'Thyra interop',
      redirect_uris: [this.redirectUrl],
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      token_endpoint_auth_method: 'none',
    };
  }

  state() {
    this.#state = randomUUID();
    return this.#state;
  }

  clientInformation() {
    return this.#client;
  }

  saveClientInformation(client) {
    this.#client = client;
  }

  tokens() {
    return this.#tokens;
  }

  saveTokens(tokens) {
    this.#tokens = tokens;
    this.issued.push(tokens.access_token);
  }

  saveCodeVerifier(verifier) {
    this.#verifier = verifier;
  }

  codeVerifier() {
    return this.#verifier;
  }

  saveDiscoveryState(state) {
    this.#discovery = state;
  }

  discoveryState() {
    return this.#discovery;
  }

  async redirectToAuthorization(url) {
    this.authorizations.push(new URL(url));
    const callback = await this.#logIn(url, this.redirectUrl);
    assert.equal(callback.searchParams.get('state'), this.#state, 'the state comes back unchanged');
    this.callbacks.push(callback.searchParams);
  }

  /** What the last authorization request brought back. */
  get lastCallback() {
    const callback = this.callbacks.at(-1);
    assert.ok(callback, 'no authorization request was made');
    assert.equal(callback.get('error'), null, `the authorization server refused: ${callback}`);
    return callback;
  }
}
