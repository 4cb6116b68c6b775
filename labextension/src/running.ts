/** Whether cells run in a kernel, whoever has them run. What the panel asks makes the kernel busy, too: that isn't meant. */
import type { Kernel, KernelMessage } from '@jupyterlab/services';
import type { IDisposable } from '@lumino/disposable';
import { Signal } from '@lumino/signaling';

export class Running implements IDisposable {
  constructor(
    private readonly kernel: Kernel.IKernelConnection,
    private readonly changed: () => void
  ) {
    kernel.iopubMessage.connect(this.heard, this);
  }

  isDisposed = false;

  /** Whether any code that was asked to run isn't done. */
  get any(): boolean {
    return this.going.size > 0;
  }

  /** The kernel begins anew. */
  forget(): void {
    this.going.clear();
  }

  dispose(): void {
    if (!this.isDisposed) {
      this.isDisposed = true;
      if (!this.kernel.isDisposed) {
        this.kernel.iopubMessage.disconnect(this.heard, this);
      }
      Signal.clearData(this);
    }
  }

  private heard(_: unknown, message: KernelMessage.IIOPubMessage): void {
    const asked = message.parent_header as Partial<KernelMessage.IHeader>;
    if (message.header.msg_type !== 'status' || asked.msg_type !== 'execute_request' || !asked.msg_id) {
      return;
    }
    const before = this.any;
    if ((message.content as { execution_state: string }).execution_state === 'busy') {
      this.going.add(asked.msg_id);
    } else {
      this.going.delete(asked.msg_id);
    }
    if (before !== this.any) {
      this.changed();
    }
  }

  private readonly going = new Set<string>();
}
