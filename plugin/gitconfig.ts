// The two values of git's configuration that the plugin needs, read without starting git: a process at each start of
// OpenCode would be felt.

/** A subsection is asked for as `remote origin`. Sections and keys are case-insensitive in git, the name of a remote is not. Includes are not followed. */
export function readGitValue(text: string, section: string, key: string): string | null {
  let inside = false;
  let found: string | null = null;
  for (const line of text.split('\n')) {
    const header = /^\s*\[\s*([\w.-]+)(?:\s+"((?:[^"\\]|\\.)*)")?\s*\]/.exec(line);
    if (header) {
      const [, title = '', subtitle] = header;
      inside = (subtitle === undefined ? title.toLowerCase() : `${title.toLowerCase()} ${subtitle}`) === section;
      continue;
    }
    const entry = inside ? /^\s*([\w-]+)\s*=\s*(.*)$/.exec(line) : null;
    // The last one wins, as in git.
    if (entry?.[1]?.toLowerCase() === key) found = unquote(entry[2] ?? '');
  }
  return found || null;
}

function unquote(value: string): string {
  const quoted = /^"((?:[^"\\]|\\.)*)"/.exec(value.trim());
  if (quoted) return (quoted[1] ?? '').replace(/\\(.)/g, '$1');
  return value.replace(/\s*[#;].*$/, '').trim();
}
