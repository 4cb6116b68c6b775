/** The words of modules that know nothing of JupyterLab: translated where that knows how, else as they stand there. */

/** What translates: a part of JupyterLab's `TranslationBundle`. */
export interface Bundle {
  __(text: string, ...given: (string | number)[]): string;
  _n(one: string, many: string, count: number, ...given: (string | number)[]): string;
}

function fill(text: string, given: readonly (string | number)[]): string {
  return text.replace(/%(\d)/g, (whole, number: string) => String(given[Number(number) - 1] ?? whole));
}

export let trans: Bundle = {
  __: (text, ...given) => fill(text, given),
  _n: (one, many, count, ...given) => fill(count === 1 ? one : many, [count, ...given])
};

/** Speak so from now on. Texts are asked for when they are shown: none is kept from before. */
export function speak(bundle: Bundle): void {
  trans = bundle;
}
