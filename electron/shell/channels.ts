/** The two channels between preload and main: calls with their answers, and pushed events. */
export const CALL_CHANNEL = 'psdeck:call';
export const EVENT_CHANNEL = 'psdeck:event';
