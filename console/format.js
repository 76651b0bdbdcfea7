// Numbers, times and states as people read them.

const count = new Intl.NumberFormat();
const day = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' });
const clock = new Intl.DateTimeFormat(undefined, { timeStyle: 'medium' });
const short = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' });

/** The states of a delivery, in words. */
export const STATES = {
  delivered: { name: 'Delivered', meaning: 'The application server accepted the callback.' },
  failed: { name: 'Failed', meaning: 'The application server did not accept the callback. The object is stored all the same.' },
  pending: { name: 'Pending', meaning: 'The callback is under way.' },
  abandoned: { name: 'Abandoned', meaning: 'The callback failed as often as it may be tried. Replay sends it once more.' },
  unknown: { name: 'Unknown', meaning: 'The server stopped before it learned what became of the callback. Replay sends it once more.' },
};

export const number = (value) => count.format(value);
export const fullTime = (ms) => day.format(ms);

/** Today the time alone, otherwise with the day. */
export function time(ms) {
  const today = new Date().toDateString() === new Date(ms).toDateString();
  return today ? clock.format(ms) : short.format(ms);
}

/** A size with three digits at most. */
export function bytes(size) {
  if (size < 1024) return size === 1 ? '1 byte' : `${size} bytes`;
  const units = ['KiB', 'MiB', 'GiB', 'TiB', 'PiB'];
  let value = size / 1024;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ${units[unit]}`;
}

/** A span of time from microseconds. */
export function micros(us) {
  if (us === null || us === undefined) return '';
  if (us < 1000) return `${us} µs`;
  if (us < 1_000_000) return `${(us / 1000).toFixed(us < 10_000 ? 1 : 0)} ms`;
  return `${(us / 1_000_000).toFixed(1)} s`;
}

/** A span of time from seconds, in its two largest units. */
export function seconds(total) {
  const units = [['day', 86400], ['hour', 3600], ['minute', 60], ['second', 1]];
  const parts = [];
  let rest = Math.max(0, Math.round(total));
  for (const [name, length] of units) {
    const amount = Math.floor(rest / length);
    rest -= amount * length;
    if (amount > 0 && parts.length < 2) parts.push(`${amount} ${name}${amount === 1 ? '' : 's'}`);
  }
  return parts.length ? parts.join(' ') : 'less than a second';
}

export const millis = (ms) => (ms < 1000 ? `${ms} ms` : seconds(ms / 1000));

/** "1 object", "2 objects". */
export const plural = (amount, word) => `${number(amount)} ${word}${amount === 1 ? '' : 's'}`;
