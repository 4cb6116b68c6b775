/** One notebook on the screen, and what is known of it: keeps a model up to date, and does what is asked for. */
import type { ISessionContext } from '@jupyterlab/apputils';
import type { Cell as CellWidget } from '@jupyterlab/cells';
import type { Notebook, NotebookPanel } from '@jupyterlab/notebook';
import { NotebookActions } from '@jupyterlab/notebook';
import type { Kernel, ServerConnection } from '@jupyterlab/services';
import { ActivityMonitor } from '@jupyterlab/coreutils';
import type { IDisposable } from '@lumino/disposable';
import { Debouncer } from '@lumino/polling';
import { Signal } from '@lumino/signaling';
import type { Scope } from './document';
import { Teller } from './document';
import type { Spot } from './editing';
import { cellsOf, goTo, mend, silence } from './editing';
import { Exporting } from './exporting';
import type { Request } from './kernel';
import { Gone, Wire } from './kernel';
import { Looking, careful } from './looking';
import { NotebookModel, keyOf } from './model';
import { Running } from './running';
import { askOf, check, explain } from './server';
import type { Answer, Finding } from './wire';
import { VERSION } from './wire';
import { trans } from './words';

const PAUSE = 400;

/** Follows a notebook until it is closed. */
export class Follower implements IDisposable {
  constructor(
    readonly panel: NotebookPanel,
    private readonly settings: ServerConnection.ISettings
  ) {
    const session = panel.sessionContext;
    session.kernelChanged.connect(this.onKernel, this);
    session.connectionStatusChanged.connect(this.onConnection, this);
    session.statusChanged.connect(this.onStatus, this);
    NotebookActions.executionScheduled.connect(this.onScheduled, this);
    NotebookActions.executed.connect(this.onExecuted, this);
    panel.content.modelChanged.connect(this.onModel, this);
    panel.disposed.connect(() => this.dispose());
    window.addEventListener('pagehide', this.leave);
    window.addEventListener('focus', this.come);
    this.onModel();
    this.onKernel();
    void panel.context.ready.then(() => this.look());
  }

  readonly model = new NotebookModel();
  readonly more = new Looking(
    this.model,
    careful((kind, given) => this.request(kind, given)),
    () => this.look()
  );
  readonly exporting = new Exporting(
    this.model,
    careful((kind, given) => this.request(kind, given)),
    () => this.panel.context.path
  );
  isDisposed = false;

  get notebook(): Notebook {
    return this.panel.content;
  }

  dispose(): void {
    if (!this.isDisposed) {
      this.isDisposed = true;
      window.removeEventListener('pagehide', this.leave);
      window.removeEventListener('focus', this.come);
      this.looking.dispose();
      this.planning.dispose();
      this.monitor?.dispose();
      this.checking?.abort();
      this.wire?.dispose();
      this.running?.dispose();
      Signal.clearData(this);
    }
  }

  /** Look at the document now. */
  look(): void {
    if (this.isDisposed || this.notebook.model === null || !this.panel.context.isReady) {
      return;
    }
    this.model.setLanguage(this.language());
    this.model.setCells(cellsOf(this.notebook));
    if (this.wire?.open) {
      this.sendDocument();
    } else if (this.seen && this.model.language === '') {
      void this.check();
    }
  }

  /** Whether anybody looks: what nobody sees is not asked of the server. */
  set visible(seen: boolean) {
    const before = this.seen;
    this.seen = seen;
    if (seen && !before && !this.wire?.open && this.model.reported !== this.model.name) {
      this.look();
    }
    if (seen && !before) {
      this.plan();
    }
  }

  // What is asked for

  /** Ask the kernel where it records, else the server, of the document as it is on the screen. */
  private async request(kind: string, given: Readonly<Record<string, unknown>>): Promise<Answer> {
    if (this.wire?.open) {
      return this.wire.ask({ version: VERSION, kind, ...given } as unknown as Request);
    }
    const path = this.panel.context.path;
    if ('job' in given) {
      return askOf(kind, { path, ...given }, this.settings);
    }
    const notebook = this.notebook.model?.toJSON() as unknown as Record<string, unknown>;
    return askOf(kind, { path, notebook, ...given }, this.settings);
  }

  /** Let the kernel record from now on. */
  async record(): Promise<void> {
    const kernel = this.panel.sessionContext.session?.kernel;
    if (!kernel) {
      return;
    }
    const future = kernel.requestExecute({
      code: '%load_ext nbdebt',
      silent: true,
      store_history: false,
      allow_stdin: false
    });
    const reply = (await future.done).content as { status: string; ename?: string; evalue?: string };
    if (reply.status === 'ok') {
      await this.wire?.probe();
    } else if (reply.ename === 'ModuleNotFoundError' || reply.ename === 'ImportError') {
      throw new Error(trans.__('nbdebt is not installed where this kernel runs: %pip install nbdebt'));
    } else {
      throw new Error(`${reply.ename ?? 'Error'}: ${reply.evalue ?? ''}`);
    }
  }

  /** Show a cell, with the cursor where a finding is. */
  goTo(cellId: string, spot?: Spot): Promise<void> {
    return goTo(this.notebook, cellId, spot);
  }

  /** Repay: edit the document as the finding's fix says, as one step that can be undone. */
  async fix(finding: Finding): Promise<void> {
    const cell = mend(this.notebook, await this.asItIsNow(finding));
    this.look();
    if (cell !== undefined) {
      await this.goTo(cell);
    }
  }

  /** Silence a finding by a comment in its cell. */
  async silence(finding: Finding, scope: Scope, reason: string): Promise<void> {
    silence(this.notebook, await this.asItIsNow(finding), scope, reason);
    this.look();
  }

  /** Say no more of a rule while this kernel runs, or say it again. */
  async ignore(code: string, undo = false, reason = ''): Promise<void> {
    await this.wire?.ask({ version: VERSION, kind: 'ignore', code, undo, reason });
  }

  /** The page of a rule. */
  async explain(code: string): Promise<string> {
    try {
      return await explain(code, this.settings);
    } catch (error) {
      const answer = await this.wire?.ask({ version: VERSION, kind: 'explain', code });
      if (answer?.page === undefined) {
        throw error;
      }
      return answer.page;
    }
  }

  /** Run what is stale, in order. */
  async runStale(): Promise<void> {
    const wanted = this.model.plan?.again.map(step => step.cell) ?? [];
    const cells = wanted
      .map(id => this.notebook.widgets.find(widget => widget.model.id === id))
      .filter((cell): cell is CellWidget => cell !== undefined);
    if (cells.length > 0) {
      await NotebookActions.runCells(this.notebook, cells, this.panel.sessionContext);
    }
  }

  // What happens

  private async asItIsNow(finding: Finding): Promise<Finding> {
    this.look();
    if (!this.model.fresh) {
      await this.settled();
    }
    const key = keyOf(finding);
    const found = this.model.report?.findings.find(each => keyOf(each) === key);
    if (found === undefined || !this.model.fresh) {
      throw new Error(trans.__('The notebook has changed since this was found.'));
    }
    return found;
  }

  /** The report speaks of the document as it is; gives up after a while. */
  private settled(): Promise<void> {
    return new Promise(resolve => {
      const end = () => {
        this.model.changed.disconnect(look);
        window.clearTimeout(timer);
        resolve();
      };
      const look = () => {
        if (this.model.fresh) {
          end();
        }
      };
      const timer = window.setTimeout(end, 5000);
      this.model.changed.connect(look);
    });
  }

  /** The language, where it is not Python; empty where it is, or isn't said. */
  private language(): string {
    const metadata = this.notebook.model?.sharedModel.metadata;
    const spec = metadata?.kernelspec as { language?: string; name?: string } | undefined;
    const said = (metadata?.language_info?.name ?? spec?.language ?? '').toString();
    return ['', 'python', 'ipython', 'python3'].includes(said.toLowerCase()) ? '' : said;
  }

  private onModel(): void {
    this.monitor?.dispose();
    this.monitor = null;
    const model = this.notebook.model;
    if (model !== null) {
      this.monitor = new ActivityMonitor({ signal: model.contentChanged, timeout: PAUSE });
      this.monitor.activityStopped.connect(() => this.look(), this);
      model.metadataChanged.connect(() => void this.looking.invoke(), this);
      this.look();
    }
  }

  private onKernel(): void {
    const kernel = this.panel.sessionContext.session?.kernel ?? null;
    if (kernel !== (this.wire?.kernel ?? null)) {
      this.wire?.dispose();
      this.running?.dispose();
      this.wire = kernel === null ? null : this.listenTo(kernel);
      this.running = kernel === null ? null : new Running(kernel, () => this.onStatus());
    }
    this.onConnection();
    if (kernel === null) {
      void this.looking.invoke();
    }
  }

  private listenTo(kernel: Kernel.IKernelConnection): Wire {
    const model = this.model;
    return new Wire(kernel, this.panel.id, {
      state: message => {
        model.takeState(message);
        void this.planning.invoke();
      },
      run: message => model.takeRun(message),
      notice: message => model.takeNotice(message),
      opened: () => {
        this.teller.forget();
        this.wireSent = null;
        model.setKernel('recording', model.busy);
        this.sendDocument();
      },
      closed: () => {
        model.setKernel('silent');
        void this.looking.invoke();
      },
      failed: reason => model.fail(reason)
    });
  }

  private onConnection(): void {
    const context: ISessionContext = this.panel.sessionContext;
    const kernel = context.session?.kernel;
    if (!kernel) {
      this.model.setKernel('none');
      return;
    }
    if (kernel.connectionStatus !== 'connected') {
      this.model.setKernel(
        kernel.connectionStatus === 'connecting' && !this.wire?.open ? 'connecting' : 'disconnected'
      );
      return;
    }
    // What was open before the connection was lost, the kernel has forgotten or will replace.
    this.wire?.disconnect();
    const wire = this.wire;
    this.model.setKernel('connecting');
    // While a cell runs the kernel doesn't answer: until it does, the document is all there is.
    void this.looking.invoke();
    void wire
      ?.probe()
      .catch(() => undefined)
      .then(() => {
        if (wire === this.wire && !wire.open && this.model.kernel === 'connecting') {
          this.model.setKernel('silent');
        }
      });
  }

  private onStatus(): void {
    const status = this.panel.sessionContext.kernelDisplayStatus;
    if (
      status === 'restarting' ||
      status === 'autorestarting' ||
      status === 'terminating' ||
      status === 'dead'
    ) {
      this.wire?.disconnect();
      this.running?.forget();
      this.model.forgetSession();
      this.model.setKernel(status === 'dead' ? 'none' : 'silent');
      void this.looking.invoke();
    } else {
      this.model.setKernel(this.model.kernel, this.running?.any ?? false);
    }
  }

  private onScheduled(_: unknown, what: { notebook: Notebook; cell: CellWidget }): void {
    if (what.notebook === this.notebook) {
      this.model.dismiss(what.cell.model.id);
      // What runs is what the kernel is to know of.
      this.look();
    }
  }

  private onExecuted(_: unknown, what: { notebook: Notebook; cell: CellWidget }): void {
    if (what.notebook === this.notebook && !this.wire?.open) {
      if (what.cell.model.sharedModel.getSource().includes('nbdebt')) {
        void this.wire?.probe();
      }
    }
  }

  private sendDocument(): void {
    if (this.wire?.open && this.model.name !== '' && this.model.name !== this.sent(this.wire)) {
      this.wireSent = [this.wire, this.model.name];
      this.wire.ask(this.teller.tell(this.model.cells, this.model.name)).catch((error: Error) => {
        this.wireSent = null;
        this.teller.forget();
        if (!(error instanceof Gone)) {
          this.model.complain(error.message);
        }
      });
    }
  }

  private sent(wire: Wire): string {
    return this.wireSent?.[0] === wire ? this.wireSent[1] : '';
  }

  private plan(): void {
    if (!this.seen || !this.wire?.open || !this.model.troubled) {
      return;
    }
    this.wire
      .ask({ version: VERSION, kind: 'plan' })
      .then(answer => this.model.takePlan(answer.plan ?? null))
      .catch(() => this.model.takePlan(null));
  }

  private async check(): Promise<void> {
    const model = this.notebook.model;
    if (model === null || this.model.cells.length === 0) {
      return;
    }
    this.checking?.abort();
    const checking = (this.checking = new AbortController());
    const name = this.model.name;
    const notebook = model.toJSON() as unknown as Record<string, unknown>;
    try {
      const report = await check({ path: this.panel.context.path, notebook }, this.settings, checking.signal);
      if (!checking.signal.aborted && !this.isDisposed) {
        this.model.takeCheck(report, name);
      }
    } catch (error) {
      if (!checking.signal.aborted && !this.isDisposed && !this.wire?.open) {
        this.model.fail((error as Error).message);
      }
    }
  }

  private wire: Wire | null = null;
  private running: Running | null = null;
  private wireSent: [Wire, string] | null = null;
  private monitor: ActivityMonitor<unknown, unknown> | null = null;
  private checking: AbortController | null = null;
  private seen = false;
  /** The page goes: what runs from now on is shown by nobody, and the kernel should know. */
  private readonly leave = (): void => this.wire?.disconnect();
  /** Another window may have told its own state of the notebook: what counts is where somebody works. */
  private readonly come = (): void => {
    if (this.wire?.open && !this.model.fresh) {
      this.wireSent = null;
      this.look();
    }
  };
  private readonly teller = new Teller();
  private readonly looking = new Debouncer(() => this.look(), PAUSE);
  private readonly planning = new Debouncer(() => this.plan(), 150);
}
