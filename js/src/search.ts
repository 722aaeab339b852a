/** Which names a search means: those that contain a text, whatever its case, or that a /regular expression/ finds, of which the last slash may be wanting. */

export type Search = (name: string) => boolean;

/** null where the search is no regular expression though it is written as one. The kernel's half is nbviz/picture/layers.py. */
export function searchFor(text: string): Search | null {
  const written = /^\/(.*?)(?:\/(i?))?$/s.exec(text);
  if (!written) {
    const wanted = text.trim().toLowerCase();
    return (name) => name.toLowerCase().includes(wanted);
  }
  try {
    const expression = new RegExp(written[1], written[2] ?? "");
    return (name) => expression.test(name);
  } catch {
    return null;
  }
}
