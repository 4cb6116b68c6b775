/** The question that *Ignore…* asks: for how much, and why. */
import { Dialog, showDialog } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import { Widget } from '@lumino/widgets';
import { element } from './dom';
import { clean } from './text';
import type { Finding } from './wire';

/** What was answered. */
export interface Silence {
  readonly scope: 'line' | 'cell' | 'session';
  readonly reason: string;
}

class Question extends Widget implements Dialog.IBodyWidget<Silence> {
  constructor(finding: Finding, live: boolean, trans: TranslationBundle) {
    super();
    this.addClass('nbdebt-Silence');
    const choices: [Silence['scope'], string, boolean][] = [
      ['line', trans.__('This line: a comment behind it'), finding.start !== null],
      ['cell', trans.__('This cell: a comment on top of it'), true],
      ['session', trans.__('The rule, while this kernel runs'), live]
    ];
    const group = element('fieldset', '', element('legend', '', `${finding.code} ${finding.name}`));
    for (const [scope, label, possible] of choices) {
      if (possible) {
        const choice = element('input', '');
        choice.type = 'radio';
        choice.name = 'nbdebt-scope';
        choice.value = scope;
        choice.checked = this.choices.length === 0;
        this.choices.push(choice);
        group.append(element('label', '', choice, ` ${label}`));
      }
    }
    this.reason.type = 'text';
    this.reason.placeholder = trans.__('so that the next reader knows');
    this.node.append(
      element('p', '', clean(finding.message.replace(/`/g, ''))),
      group,
      element('label', 'nbdebt-Silence-reason', trans.__('Reason'), this.reason)
    );
  }

  getValue(): Silence {
    const chosen = this.choices.find(choice => choice.checked)?.value;
    return {
      scope: chosen === 'cell' || chosen === 'session' ? chosen : 'line',
      reason: this.reason.value
    };
  }

  private readonly choices: HTMLInputElement[] = [];
  private readonly reason = element('input', 'jp-mod-styled');
}

/** Ask; null where nothing is to be silenced. */
export async function askHow(
  finding: Finding,
  live: boolean,
  trans: TranslationBundle
): Promise<Silence | null> {
  const answer = await showDialog({
    title: trans.__('Ignore this finding'),
    body: new Question(finding, live, trans),
    buttons: [Dialog.cancelButton(), Dialog.okButton({ label: trans.__('Ignore') })]
  });
  return answer.button.accept ? answer.value : null;
}
