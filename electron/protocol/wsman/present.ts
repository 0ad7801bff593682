/** `{ key: value }`, or nothing where there is no value: for optional properties, which must not be there as undefined. */
export function present<K extends string, V>(key: K, value: V | undefined): Partial<Record<K, V>> {
  return value === undefined ? {} : ({ [key]: value } as Record<K, V>);
}
