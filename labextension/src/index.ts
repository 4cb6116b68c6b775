/** The panel of nbdebt for JupyterLab and Jupyter Notebook. */
import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ILayoutRestorer } from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { EditorExtensionRegistry, IEditorExtensionRegistry } from '@jupyterlab/codemirror';
import type { NotebookPanel } from '@jupyterlab/notebook';
import { INotebookTracker } from '@jupyterlab/notebook';
import { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { IStateDB } from '@jupyterlab/statedb';
import { IStatusBar } from '@jupyterlab/statusbar';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { addCommands } from './commands';
import type { Agreed } from './consent';
import { Consent } from './consent';
import { Marks } from './marks';
import { Follower } from './notebook';
import { Recording } from './recording';
import { saveBeside } from './saving';
import { askHow } from './silence';
import type { Chosen, Remembered, Seen } from './state';
import { PanelState } from './state';
import { Status } from './status';
import { UNDERLINING } from './underlining';
import { DebtPanel } from './views/panel';
import type { Finding } from './wire';
import { speak } from './words';

const MEMORY = 'nbdebt:panel';

const plugin: JupyterFrontEndPlugin<void> = {
  id: 'nbdebt:plugin',
  description: 'What a notebook owes the next reader, beside it.',
  autoStart: true,
  requires: [INotebookTracker, IRenderMimeRegistry],
  optional: [
    ITranslator,
    ICommandPalette,
    ILayoutRestorer,
    IStateDB,
    ISettingRegistry,
    IStatusBar,
    IEditorExtensionRegistry
  ],
  activate: (
    app: JupyterFrontEnd,
    tracker: INotebookTracker,
    rendermime: IRenderMimeRegistry,
    translator: ITranslator | null,
    palette: ICommandPalette | null,
    restorer: ILayoutRestorer | null,
    memory: IStateDB | null,
    registry: ISettingRegistry | null,
    statusBar: IStatusBar | null,
    editors: IEditorExtensionRegistry | null
  ): void => {
    const trans = (translator ?? nullTranslator).load('nbdebt');
    speak(trans);
    const state = new PanelState();
    let settings: ISettingRegistry.ISettings | null = null;
    const consent = new Consent(
      registry === null
        ? null
        : agreed => {
            void settings?.set('record', agreed.record);
            void settings?.set('notebooks', [...agreed.notebooks]);
          }
    );

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
      consent,
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
    const status = new Status(state, trans, open);
    statusBar?.registerStatusItem('nbdebt:status', {
      item: status,
      align: 'right',
      rank: 90,
      isActive: () => status.active,
      activeStateChanged: state.counted
    });

    editors?.addExtension({
      name: 'nbdebt:underlining',
      factory: ({ inline }) => (inline ? EditorExtensionRegistry.createImmutableExtension(UNDERLINING) : null)
    });

    // Notebooks

    const followers = new WeakMap<NotebookPanel, Follower>();
    const follow = (notebook: NotebookPanel): Follower => {
      let follower = followers.get(notebook);
      if (follower === undefined) {
        follower = new Follower(notebook, app.serviceManager.serverSettings);
        followers.set(notebook, follower);
        follower.model.show(state.chosen.off, state.chosen.least);
        new Marks(follower, trans, state, open);
        follower.model.changed.connect(count);
        new Recording(follower, consent);
      }
      return follower;
    };
    const count = (): void => {
      status.refresh();
      state.count();
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

    const means = { app, state, trans, palette, open, silence: (f: Finding) => state.attempt(silence(f)) };
    const load = registry === null ? Promise.resolve(null) : registry.load(plugin.id);
    void load
      .catch(() => null)
      .then(found => {
        settings = found;
        addCommands({ ...means, settings });
        const take = () => {
          const set = found?.composite as unknown as Seen & Chosen & Agreed;
          state.draw(set);
          consent.take({ record: set.record, notebooks: set.notebooks });
          state.choose(set);
          tracker.forEach(notebook => followers.get(notebook)?.model.show(set.off, set.least));
        };
        if (found !== null) {
          found.changed.connect(take);
          take();
        }
      });

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
  }
};

export default plugin;
