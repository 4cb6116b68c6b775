/** An export saved beside its notebook, by the same way as JupyterLab saves. */
import { Dialog, showDialog } from '@jupyterlab/apputils';
import { PathExt } from '@jupyterlab/coreutils';
import type { Contents } from '@jupyterlab/services';
import type { TranslationBundle } from '@jupyterlab/translation';
import { isName } from './exporting';
import { clean } from './text';
import type { Exported } from './wire';

/**
 * Save it.
 *
 * @param path - the notebook's.
 * @param name - of the file; of the directory, where there are several.
 * @returns where it is now; empty where somebody thought better of it.
 */
export async function saveBeside(
  contents: Contents.IManager,
  path: string,
  name: string,
  exported: Exported,
  trans: TranslationBundle
): Promise<string> {
  if (!isName(name)) {
    throw new Error(trans.__('Give a name, without directories.'));
  }
  const place = PathExt.join(PathExt.dirname(path), name);
  if (place === path) {
    throw new Error(trans.__('This is the notebook itself: give the export another name.'));
  }
  const there = await contents.get(place, { content: false }).then(
    () => true,
    () => false
  );
  if (there) {
    const answer = await showDialog({
      title: trans.__('Replace what is there?'),
      body: trans.__('%1 is there already.', clean(place)),
      buttons: [Dialog.cancelButton(), Dialog.warnButton({ label: trans.__('Replace') })]
    });
    if (!answer.button.accept) {
      return '';
    }
  }
  const texts = Object.entries(exported.files);
  const [only] = texts;
  if (texts.length === 1 && only !== undefined) {
    await write(contents, place, only[1]);
    return place;
  }
  if (!there) {
    await contents.save(place, { type: 'directory' });
  }
  for (const [file, text] of texts) {
    await write(contents, PathExt.join(place, file), text);
  }
  return place;
}

async function write(contents: Contents.IManager, place: string, text: string): Promise<void> {
  const isNotebook = place.endsWith('.ipynb');
  await contents.save(
    place,
    isNotebook
      ? { type: 'notebook', format: 'json', content: JSON.parse(text) as unknown }
      : { type: 'file', format: 'text', content: text }
  );
}
