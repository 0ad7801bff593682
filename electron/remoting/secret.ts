/**
 * Passwords on their way to who needs them. JavaScript cannot overwrite a string, so a password that is kept for later is kept as something
 * that gives it for the moment: whoever takes it overwrites what they got.
 */

export interface SecretSource {
  /** UTF-8, in memory of its own: the taker overwrites it. */
  take(): Uint8Array;
}

export type Password = string | SecretSource;

/** As text, for who needs one. It lives until the memory it lay in is used again: hold it no longer than the call it is for. */
export function passwordText(password: Password): string {
  if (typeof password === 'string') return password;
  const bytes = password.take();
  try {
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
  } finally {
    bytes.fill(0);
  }
}
