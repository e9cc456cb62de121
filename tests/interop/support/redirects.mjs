// A browser without a screen: follows redirects and keeps cookies.

const MAX_REDIRECTS = 20;

/** Keeps cookies from one page to the next. */
export class Browser {
  #cookies = new Map();

  /** Opens `url`, with a form to send if there is one, and follows redirects. It stops before it opens `callback`. */
  async follow(url, { callback, form } = {}) {
    let next = new URL(url);
    let body = form;
    for (let hops = 0; hops < MAX_REDIRECTS; hops += 1) {
      const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ');
      const headers = cookie === '' ? {} : { cookie };
      const response = await fetch(next, { method: body ? 'POST' : 'GET', body, redirect: 'manual', headers });
      body = undefined;
      for (const line of response.headers.getSetCookie()) {
        const [name, ...value] = line.split(';')[0].split('=');
        this.#cookies.set(name, value.join('='));
      }
      const location = response.headers.get('location');
      if (location === null) return { location: next, response };
      await response.body?.cancel();
      next = new URL(location, next);
      if (callback !== undefined && next.href.split('?')[0] === callback) return { location: next };
    }
    throw new Error(`more than ${MAX_REDIRECTS} redirects from ${url}`);
  }

  /** The page that `url` leads to, with a form to send if there is one. */
  async open(url, form) {
    const { response } = await this.follow(url, { form });
    return response;
  }
}

/**
 * Opens `url` and follows redirects. It stops before it opens `callback`, when one is given, and answers with that location
 * and no response; otherwise with the first answer that is no redirect and where it came from.
 */
export async function followRedirects(url, callback) {
  return await new Browser().follow(url, { callback });
}

/** The location of `callback` to which an authorization request leads, with all that comes back. */
export async function followToCallback(url, callback) {
  const { location, response } = await followRedirects(url, callback);
  if (response === undefined) return location;
  const { origin, pathname } = location;
  const body = (await response.text()).slice(0, 500);
  throw new Error(`${origin}${pathname} answered ${response.status} instead of a redirect to ${callback}: ${body}`);
}
