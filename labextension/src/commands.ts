/** What can be done from the palette, menus and keys. */
import type { JupyterFrontEnd } from '@jupyterlab/application';
import type { ICommandPalette } from '@jupyterlab/apputils';
import type { ISettingRegistry } from '@jupyterlab/settingregistry';
import type { TranslationBundle } from '@jupyterlab/translation';
import { isOfDocument } from './document';
import { debtIcon } from './icon';
import { next } from './order';
import type { PanelState, Seen, View } from './state';
import type { Finding } from './wire';

const NO_ARGUMENTS = { args: { type: 'object', properties: {} } } as const;

/** What commands have at hand. */
export interface Means {
  readonly app: JupyterFrontEnd;
  readonly state: PanelState;
  readonly trans: TranslationBundle;
  readonly palette: ICommandPalette | null;
  readonly settings: ISettingRegistry.ISettings | null;
  readonly open: () => void;
  readonly silence: (finding: Finding) => void;
}

interface Command {
  readonly id: string;
  readonly label: string;
  readonly caption?: string;
  readonly isEnabled?: () => boolean;
  readonly isToggled?: () => boolean;
  readonly execute: () => void;
}

/** Add them all. */
export function addCommands(means: Means): void {
  const { app, state, trans, palette, settings, open } = means;
  const follower = () => state.follower;
  const findings = () => follower()?.model.report?.findings ?? [];
  const shown = () => findings().filter(finding => finding.severity !== 'note' || state.listing.notes);
  const here = () => {
    const id = follower()?.notebook.activeCell?.model.id;
    const spot = cursor();
    const those = shown().filter(finding => finding.cell !== null && finding.cell.id === id);
    return those.find(finding => finding.start?.line === spot.line) ?? those[0];
  };
  const fixable = () => {
    const id = follower()?.notebook.activeCell?.model.id;
    const found = here();
    return found && isOfDocument(found.fix)
      ? found
      : shown().find(finding => finding.cell?.id === id && isOfDocument(finding.fix));
  };
  const cursor = () => {
    const notebook = follower()?.notebook;
    const line = notebook?.activeCell?.editor?.getCursorPosition().line;
    return { index: notebook?.activeCellIndex ?? -1, line: (line ?? -1) + 1 };
  };
  const go = (back: boolean) => {
    const now = follower();
    if (now !== null) {
      const at = new Map(now.model.cells.map((cell, index) => [cell.id, index]));
      const found = next(shown(), id => at.get(id) ?? -1, cursor(), back);
      if (found?.cell) {
        state.attempt(now.goTo(found.cell.id, found));
      }
    }
  };
  const toggle = (name: keyof Seen & ('marks' | 'underline' | 'lines'), label: string): Command => ({
    id: `nbdebt:toggle-${name}`,
    label,
    isEnabled: () => settings !== null,
    isToggled: () => state.seen[name],
    execute: () => void settings?.set(name, !state.seen[name])
  });
  const view = (id: string, which: View, label: string, caption: string): Command => ({
    id,
    label,
    caption,
    isEnabled: () => follower() !== null,
    execute: () => {
      state.show(which);
      open();
    }
  });
  const commands: Command[] = [
    {
      id: 'nbdebt:show-panel',
      label: trans.__('Show the panel of nbdebt'),
      caption: trans.__('What the notebook owes the next reader'),
      execute: open
    },
    {
      id: 'nbdebt:record',
      label: trans.__('Record this kernel'),
      caption: trans.__('Run %load_ext nbdebt in the notebook’s kernel'),
      isEnabled: () => follower()?.model.kernel === 'silent',
      execute: () => {
        const now = follower();
        if (now !== null) {
          state.attempt(now.record());
        }
      }
    },
    {
      id: 'nbdebt:run-stale',
      label: trans.__('Run what is stale, in order'),
      caption: trans.__('The cells that have to run again, from the top'),
      isEnabled: () => (follower()?.model.plan?.again.length ?? 0) > 0,
      execute: () => {
        const now = follower();
        if (now !== null) {
          state.attempt(now.runStale());
        }
      }
    },
    view(
      'nbdebt:show-data',
      'data',
      trans.__('Show data in and out'),
      trans.__('What the notebook reads and writes, with versions, pins and readers')
    ),
    view(
      'nbdebt:show-flow',
      'flow',
      trans.__('Show the flow of data'),
      trans.__('Which cell takes what from which')
    ),
    view(
      'nbdebt:export',
      'export',
      trans.__('Export the notebook…'),
      trans.__('As a script, a notebook, a module or a pipeline')
    ),
    {
      id: 'nbdebt:look-again',
      label: trans.__('Check the notebook again'),
      caption: trans.__('As it is on the screen'),
      isEnabled: () => follower() !== null,
      execute: () => {
        follower()?.look();
        open();
      }
    },
    {
      id: 'nbdebt:next-finding',
      label: trans.__('Go to the next finding'),
      isEnabled: () => shown().length > 0,
      execute: () => go(false)
    },
    {
      id: 'nbdebt:previous-finding',
      label: trans.__('Go to the previous finding'),
      isEnabled: () => shown().length > 0,
      execute: () => go(true)
    },
    {
      id: 'nbdebt:fix',
      label: trans.__('Fix the finding in this cell'),
      isEnabled: () => fixable() !== undefined,
      execute: () => {
        const [now, found] = [follower(), fixable()];
        if (now !== null && found !== undefined) {
          state.attempt(now.fix(found));
        }
      }
    },
    {
      id: 'nbdebt:ignore',
      label: trans.__('Ignore the finding in this cell…'),
      isEnabled: () => here() !== undefined,
      execute: () => {
        const found = here();
        if (found !== undefined) {
          means.silence(found);
        }
      }
    },
    {
      id: 'nbdebt:explain',
      label: trans.__('Explain the finding in this cell'),
      isEnabled: () => here() !== undefined,
      execute: () => {
        const found = here();
        if (found !== undefined) {
          open();
          void state.explain(found.code, found.name);
        }
      }
    },
    toggle('marks', trans.__('Mark cells')),
    toggle('underline', trans.__('Underline findings')),
    toggle('lines', trans.__('Lines under cells'))
  ];
  for (const { id, ...command } of commands) {
    app.commands.addCommand(id, {
      ...command,
      icon: id === 'nbdebt:show-panel' ? debtIcon : undefined,
      describedBy: NO_ARGUMENTS
    });
    palette?.addItem({ command: id, category: 'nbdebt' });
  }
  state.changed.connect(() => app.commands.notifyCommandChanged());
}
