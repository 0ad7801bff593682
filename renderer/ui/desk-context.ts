import { createContext, useContext } from 'react';
import { useStore } from 'zustand';
import type { StoreApi } from 'zustand/vanilla';
import type { Desk } from '../desk.ts';

export const DeskContext = createContext<Desk | null>(null);

export function useDesk(): Desk {
  const desk = useContext(DeskContext);
  if (desk === null) throw new Error('DeskContext has no value: the component stands outside the app');
  return desk;
}

/** A slice of a store; the component is drawn again when that slice changes. */
export function useSlice<S, T>(store: StoreApi<S>, pick: (state: S) => T): T {
  return useStore(store, pick);
}
