/** Elements, made of text and of other elements. */

/** An element. Strings among the children are text, whatever stands in them. */
export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  name: string,
  ...children: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  made.className = name;
  made.append(...children);
  return made;
}

/** A button that does something. */
export function button(name: string, label: string, title: string, does: () => void): HTMLButtonElement {
  const made = element('button', name, label);
  made.type = 'button';
  made.title = title;
  made.addEventListener('click', event => {
    event.stopPropagation();
    does();
  });
  return made;
}
