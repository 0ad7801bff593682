/** The app folders throw it without knowing of ipc, so it is declared with the error it carries. */
export { AppFailure } from '../../shared/error.ts';
