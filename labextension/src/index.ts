/** The panel of nbdebt for JupyterLab and Jupyter Notebook. */
import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ILayoutRestorer } from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import type { NotebookPanel } from '@jupyterlab/notebook';
import { INotebookTracker } from '@jupyterlab/notebook';
import { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { IStateDB } from '@jupyterlab/statedb';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { debtIcon } from './icon';
import { Marks } from './marks';
import { Follower } from './notebook';
import { saveBeside } from './saving';
import { askHow } from './silence';
import type { Remembered, Seen, View } from './state';
import { PanelState } from './state';
import { DebtPanel } from './views/panel';
import type { Finding } from './wire';

const MEMORY = 'nbdebt:panel';
const NO_ARGUMENTS = { args: { type: 'object', properties: {} } } as const;

const plugin: JupyterFrontEndPlugin<void> = {
  id: 'nbdebt:plugin',
  description: 'What a notebook owes the next reader, beside it.',
  autoStart: true,
  requires: [INotebookTracker, IRenderMimeRegistry],
  optional: [ITranslator, ICommandPalette, ILayoutRestorer, IStateDB, ISettingRegistry],
  activate: (
    app: JupyterFrontEnd,
    tracker: INotebookTracker,
    rendermime: IRenderMimeRegistry,
    translator: ITranslator | null,
    palette: ICommandPalette | null,
    restorer: ILayoutRestorer | null,
    memory: IStateDB | null,
    settings: ISettingRegistry | null
  ): void => {
    const trans = (translator ?? nullTranslator).load('nbdebt');
    const state = new PanelState();

    const silence = async (finding: Finding): Promise<void> => {
      const follower = state.follower;
      const live = follower?.model.kernel === 'recording';
      const how = follower && (await askHow(finding, live, trans));
      if (how && follower) {
        await (how.scope === 'session'
          ? follower.ignore(finding.code, false, how.reason)
          : follower.silence(finding, how.scope, how.reason));
      }
    };
    const panel = new DebtPanel({
      trans,
      rendermime,
      panel: state,
      silence: finding => state.attempt(silence(finding)),
      save: async (follower, name, exported) => {
        const { path } = follower.panel.context;
        const place = await saveBeside(app.serviceManager.contents, path, name, exported, trans);
        if (place !== '') {
          follower.exporting.keep(trans.__('Saved: %1', place), place);
        }
      },
      show: path => void app.commands.execute('docmanager:open', { path })
    });
    const open = (): void => app.shell.activateById(panel.id);
    app.shell.add(panel, 'right', { rank: 850, type: 'nbdebt' });
    restorer?.add(panel, panel.id);

    // Notebooks

    const followers = new WeakMap<NotebookPanel, Follower>();
    const follow = (notebook: NotebookPanel): Follower => {
      let follower = followers.get(notebook);
      if (follower === undefined) {
        follower = new Follower(notebook, app.serviceManager.serverSettings);
        followers.set(notebook, follower);
        new Marks(follower, trans, state, open);
        follower.model.changed.connect(count);
      }
      return follower;
    };
    const count = (): void => {
      const number = state.follower?.model.count ?? 0;
      const label = number > 0 ? String(number) : '';
      if (panel.title.label !== label) {
        panel.title.label = label;
        panel.title.caption =
          number > 0 ? trans._n('nbdebt: %1 finding', 'nbdebt: %1 findings', number) : 'nbdebt';
      }
    };
    const front = (): void => {
      const current = tracker.currentWidget;
      state.follow(current === null || current.isDisposed ? null : follow(current));
      count();
    };
    tracker.widgetAdded.connect((_, notebook) => {
      follow(notebook);
    });
    tracker.forEach(follow);
    tracker.currentChanged.connect(front);
    front();

    // What is set and what is remembered

    if (settings !== null) {
      void settings.load(plugin.id).then(found => {
        const take = () => state.draw(found.composite as unknown as Partial<Seen>);
        found.changed.connect(take);
        take();
      });
    }

    if (memory !== null) {
      void memory.fetch(MEMORY).then(found => {
        state.recall((found ?? {}) as Partial<Remembered>);
        let last = JSON.stringify(state.remembered);
        state.changed.connect(() => {
          const now = JSON.stringify(state.remembered);
          if (now !== last) {
            last = now;
            void memory.save(MEMORY, { ...state.remembered });
          }
        });
      });
    }

    // Commands

    const any = (): boolean => state.follower !== null;
    const showing = (view: View) => (): void => {
      state.show(view);
      open();
    };
    const commands: [string, string, string, () => boolean, () => void][] = [
      [
        'nbdebt:show-panel',
        trans.__('Show the panel of nbdebt'),
        trans.__('What the notebook owes the next reader'),
        () => true,
        open
      ],
      [
        'nbdebt:record',
        trans.__('Record this kernel'),
        trans.__('Run %load_ext nbdebt in the notebook’s kernel'),
        () => state.follower?.model.kernel === 'silent',
        () => state.follower && state.attempt(state.follower.record())
      ],
      [
        'nbdebt:run-stale',
        trans.__('Run what is stale, in order'),
        trans.__('The cells that have to run again, from the top'),
        () => (state.follower?.model.plan?.again.length ?? 0) > 0,
        () => state.follower && state.attempt(state.follower.runStale())
      ],
      [
        'nbdebt:show-data',
        trans.__('Show data in and out'),
        trans.__('What the notebook reads and writes, with versions, pins and readers'),
        any,
        showing('data')
      ],
      [
        'nbdebt:show-flow',
        trans.__('Show the flow of data'),
        trans.__('Which cell takes what from which'),
        any,
        showing('flow')
      ],
      [
        'nbdebt:export',
        trans.__('Export the notebook…'),
        trans.__('As a script, a notebook, a module or a pipeline'),
        any,
        showing('export')
      ],
      [
        'nbdebt:look-again',
        trans.__('Check the notebook again'),
        trans.__('As it is on the screen'),
        any,
        () => {
          state.follower?.look();
          open();
        }
      ]
    ];
    for (const [command, label, caption, isEnabled, execute] of commands) {
      app.commands.addCommand(command, {
        label,
        caption,
        isEnabled,
        execute,
        icon: command === 'nbdebt:show-panel' ? debtIcon : undefined,
        describedBy: NO_ARGUMENTS
      });
      palette?.addItem({ command, category: 'nbdebt' });
    }
  }
};

export default plugin;
