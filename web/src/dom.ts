/** Elements without markup in strings: text stays text. */
type Child = Node | string | null;

/** An element with attributes and children; `onclick` is a listener. */
export function h<K extends keyof HTMLElementTagNameMap>(
    tag: K,
    attributes: Readonly<Record<string, string | boolean | (() => void)>> = {},
    ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
        if (typeof value === 'function') element.addEventListener(name.replace(/^on/, ''), value);
        else if (typeof value === 'boolean') element.toggleAttribute(name, value);
        else element.setAttribute(name, value);
    }
    element.append(...children.filter(child => child !== null));
    return element;
}

/** A list of names and values, as the server renders it. */
export const facts = (rows: readonly (readonly [name: string, value: Child])[]): HTMLElement =>
    h('dl', {}, ...rows.map(([name, value]) => h('div', {}, h('dt', {}, name), h('dd', {}, value))));
