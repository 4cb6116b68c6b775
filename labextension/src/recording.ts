/** A kernel that is recorded without being asked for, where that was agreed to: once for each start of it. */
import type { Consent } from './consent';
import type { Follower } from './notebook';

const BETWEEN = ['restarting', 'autorestarting', 'terminating', 'dead', 'starting'];

export class Recording {
  constructor(
    private readonly follower: Follower,
    private readonly consent: Consent
  ) {
    const session = follower.panel.sessionContext;
    let path = follower.panel.context.path;
    follower.panel.context.pathChanged.connect((_, now) => {
      consent.renamed(path, now);
      path = now;
    });
    follower.model.changed.connect(this.look, this);
    session.statusChanged.connect(this.look, this);
    session.kernelChanged.connect(this.begin, this);
    consent.changed.connect(this.look, this);
    follower.panel.disposed.connect(() => {
      consent.changed.disconnect(this.look, this);
    });
    this.look();
  }

  private begin(): void {
    this.done = false;
  }

  private look(): void {
    const { model, panel } = this.follower;
    if (BETWEEN.includes(panel.sessionContext.kernelDisplayStatus)) {
      this.done = false;
    } else if (model.kernel === 'recording') {
      // Whoever ends the recording of this kernel wants it so.
      this.done = true;
    } else if (!this.done && model.kernel === 'silent' && model.language === '') {
      if (this.consent.allows(panel.context.path)) {
        this.done = true;
        model.byItself = true;
        this.follower.record().catch((error: Error) => model.complain(error.message));
      }
    }
  }

  private done = false;
}
