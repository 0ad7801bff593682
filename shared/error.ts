import { z } from 'zod';

/** What a person is told when something fails: what happened, why, what to do. Made in the main process; the renderer only shows it. */
export const AppError = z.object({
  /** Stable, dotted, lower case: `connect.refused`, `signin.rejected`, `input.invalid`. */
  code: z.string(),
  /** What happened, one sentence. */
  title: z.string(),
  /** The likely cause. */
  why: z.string().optional(),
  /** What to do, with the exact command to copy where there is one. */
  cure: z.object({ text: z.string(), command: z.string().optional() }).optional(),
  /** The raw fault, folded away: WSMan code, HTTP status, provider text. Never a secret, never a stack trace. */
  details: z.string().optional(),
  /** A certificate that was not accepted. */
  certificate: z
    .object({
      subject: z.string(),
      names: z.array(z.string()),
      issuer: z.string(),
      validFrom: z.string(),
      validTo: z.string(),
      fingerprint: z.string(),
      problem: z.string(),
      /** What is wrong with it, in codes: `self-signed`, `unknown-issuer`, `expired`, `wrong-name`…. Empty for one that is only another than before. */
      problems: z.array(z.string()).optional(),
    })
    .optional(),
  /** Which field of the input was wrong, for a form. */
  field: z.string().optional(),
});
export type AppError = z.infer<typeof AppError>;

/** An error meant for a person, thrown where a call cannot do what it was asked. Anything else that is thrown is a bug and is shown as one. */
export class AppFailure extends Error {
  override readonly name = 'AppFailure';
  readonly error: AppError;

  constructor(error: AppError, options?: ErrorOptions) {
    super(`${error.code}: ${error.title}`, options);
    this.error = error;
  }
}
