/** What Jupyter's server says of a document, where no kernel does. */
import { URLExt } from '@jupyterlab/coreutils';
import { ServerConnection } from '@jupyterlab/services';
import type { Answer, Check, DocumentRequest, Report } from './wire';
import { VERSION } from './wire';
import { trans } from './words';

const missing = (): string =>
  trans.__(
    'This Jupyter server has not loaded nbdebt. Restart it; if nbdebt is installed in another environment than the server, install it there, too.'
  );

/**
 * Check a document as it is on the screen.
 *
 * Pictures are left out: nothing is concluded from them, and they may be large.
 */
export async function check(
  asked: Check,
  settings: ServerConnection.ISettings,
  signal: AbortSignal
): Promise<Report> {
  const answer = await ask('check', settings, { method: 'POST', body: bodyOf(asked), signal });
  const report = (await answer.json()) as Report;
  if (report.version !== VERSION) {
    throw new Error(trans.__('The server and this page have different versions of nbdebt: reload the page.'));
  }
  return report;
}

/** What a kernel would be asked: what comes in and goes out, a pin. */
export async function askOf(
  kind: string,
  asked: DocumentRequest,
  settings: ServerConnection.ISettings
): Promise<Answer> {
  const answer = (await (
    await ask(kind, settings, { method: 'POST', body: bodyOf(asked) })
  ).json()) as Answer;
  if (!answer.ok) {
    throw new Error(answer.error ?? trans.__('The server could not do that.'));
  }
  return answer;
}

/** The page of a rule, in Markdown. */
export async function explain(code: string, settings: ServerConnection.ISettings): Promise<string> {
  return (await ask(`explain/${encodeURIComponent(code)}`, settings, {})).text();
}

function bodyOf(asked: Check | DocumentRequest): string {
  return JSON.stringify(asked, (key, value: unknown) => (key.startsWith('image/') ? '' : value));
}

async function ask(what: string, settings: ServerConnection.ISettings, how: RequestInit): Promise<Response> {
  const url = URLExt.join(settings.baseUrl, 'nbdebt', what);
  const answer = await ServerConnection.makeRequest(url, how, settings);
  if (!answer.ok) {
    const said = (await answer.json().catch(() => ({}))) as { message?: string };
    throw new Error(
      answer.status === 404 && !what.startsWith('explain') ? missing() : said.message || answer.statusText
    );
  }
  return answer;
}
