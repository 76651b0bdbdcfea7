// Which view the address names: #/callbacks, #/callbacks/<id>, #/buckets, #/buckets/<bucket>,
// #/buckets/<bucket>/access, #/object, #/upload, #/access, #/access/<account>, #/access/<account>/users/<name>, #/nodes,
// #/settings.

/** Reads the address. */
export function current() {
  const [path, query] = location.hash.replace(/^#/, '').split('?');
  const segments = path.split('/').filter(Boolean).map(decodeURIComponent);
  return { view: segments[0] ?? 'callbacks', rest: segments.slice(1), query: new URLSearchParams(query ?? '') };
}

/** The address of a view. */
export function address(segments, parameters) {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters ?? {})) {
    if (value !== null && value !== undefined && value !== '') query.set(name, value);
  }
  const path = segments.map(encodeURIComponent).join('/');
  return query.size ? `#/${path}?${query}` : `#/${path}`;
}

/** Goes to an address. */
export function go(target) {
  location.hash = target.replace(/^#/, '');
}

/** Notes the state of a view in the address without leaving it. */
export function note(target) {
  history.replaceState(null, '', target);
}
