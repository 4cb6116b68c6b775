/** The wire to one kernel: two comms, opened where the kernel records. */
import type { Kernel, KernelMessage } from '@jupyterlab/services';
import type { JSONObject } from '@lumino/coreutils';
import { UUID } from '@lumino/coreutils';
import type { Answer, Document, Notice, Run, State, Wire as Messages } from './wire';
import { VERSION } from './wire';
import { trans } from './words';

const STATE = 'nbdebt';
const REQUESTS = 'nbdebt-requests';
const HELLO = 'nbdebt-hello';

/** This page, so that the kernel knows what is opened in place of what. */
const CLIENT = UUID.uuid4();

export type Request = Bare<Exclude<Messages['request'], Document>> | Omit<Document, 'id'>;
type Bare<T> = T extends unknown ? Omit<T, 'id'> : never;

/** What was asked is answered no more, for the kernel is gone, or connected to anew. */
export class Gone extends Error {}

/** Who wants to know. */
export interface Listener {
  state(message: State): void;
  run(message: Run): void;
  notice(message: Notice): void;
  opened(): void;
  closed(): void;
  failed(reason: string): void;
}

/** A kernel that may record, and what it says. */
export class Wire {
  constructor(
    readonly kernel: Kernel.IKernelConnection,
    private readonly notebook: string,
    private readonly listener: Listener
  ) {
    kernel.registerCommTarget(HELLO, this.hello);
  }

  /** Whether the kernel was reached. */
  get open(): boolean {
    return this.requests !== null;
  }

  /**
   * Ask the kernel whether it records, and listen if so.
   *
   * It is not asked by opening a comm: a kernel that knows nothing of us would complain of that in its log.
   */
  async probe(): Promise<void> {
    if ((await this.kernel.info).language_info.name !== 'python') {
      return;
    }
    const reply = await this.kernel.requestCommInfo({ target_name: HELLO });
    if (reply.content.status === 'ok' && Object.keys(reply.content.comms).length > 0) {
      this.connect();
    }
  }

  /** Ask something; what is answered comes back. */
  ask(request: Request): Promise<Answer> {
    const requests = this.requests;
    if (requests === null) {
      return Promise.reject(new Error(trans.__('The kernel is not recording.')));
    }
    const id = ++this.asked;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
      requests.send({ ...request, id } as unknown as JSONObject);
    });
  }

  /** The comms are gone, or to be gone. */
  disconnect(): void {
    const comms = [this.state, this.requests];
    this.state = this.requests = null;
    this.waiting.forEach(({ reject }) => reject(new Gone(trans.__('The kernel is gone.'))));
    this.waiting.clear();
    for (const comm of comms) {
      if (comm !== null && !comm.isDisposed) {
        comm.onClose = () => undefined;
        if (!this.kernel.isDisposed && this.kernel.connectionStatus === 'connected') {
          // The kernel may be on its way out as well.
          comm.close();
        }
        comm.dispose();
      }
    }
  }

  dispose(): void {
    if (!this.kernel.isDisposed) {
      this.kernel.removeCommTarget(HELLO, this.hello);
    }
    this.disconnect();
  }

  private readonly hello = (): void => {
    this.connect();
  };

  private connect(): void {
    // Who asks and who is told may learn of it at the same time.
    if (this.open || !this.kernel.handleComms) {
      return;
    }
    const opening = { version: VERSION, client: `${CLIENT}/${this.notebook}` };
    const requests = this.kernel.createComm(REQUESTS);
    const state = this.kernel.createComm(STATE);
    requests.onMsg = message => this.answered(message.content.data as unknown as Answer);
    state.onMsg = message => this.heard(message);
    state.onClose = () => {
      this.disconnect();
      this.listener.closed();
    };
    this.state = state;
    this.requests = requests;
    requests.open(opening);
    state.open(opening);
    this.listener.opened();
  }

  private heard(message: KernelMessage.ICommMsgMsg): void {
    const data = message.content.data as unknown as
      | State
      | Run
      | Notice
      | { kind: 'refused'; version: number };
    if (data.version !== VERSION) {
      this.listener.failed(
        trans.__('The kernel and JupyterLab have different versions of nbdebt: upgrade the older one.')
      );
      return;
    }
    switch (data.kind) {
      case 'state':
        return this.listener.state(data);
      case 'run':
        return this.listener.run(data);
      case 'notice':
        return this.listener.notice(data);
      case 'refused':
        return this.listener.failed(
          trans.__('The kernel and JupyterLab have different versions of nbdebt: upgrade the older one.')
        );
    }
  }

  private answered(answer: Answer): void {
    const waiting = this.waiting.get(answer.id);
    if (waiting === undefined) {
      return;
    }
    this.waiting.delete(answer.id);
    if (answer.ok) {
      waiting.resolve(answer);
    } else {
      waiting.reject(new Error(answer.error ?? trans.__('The kernel could not do that.')));
    }
  }

  private state: Kernel.IComm | null = null;
  private requests: Kernel.IComm | null = null;
  private asked = 0;
  private readonly waiting = new Map<
    number,
    { resolve: (answer: Answer) => void; reject: (reason: Error) => void }
  >();
}
