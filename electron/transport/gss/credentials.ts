/** Whose tickets a log-on uses. */
export type KerberosCredentials =
  /** Of whoever is logged on to this machine: the default ticket cache, on Windows the logon session. */
  | { readonly kind: 'default' }
  /** A ticket cache by its name, `FILE:/tmp/krb5cc_1000`. Not on Windows. */
  | { readonly kind: 'cache'; readonly name: string }
  /** A keytab with the key of that user. Not on Windows. */
  | { readonly kind: 'keytab'; readonly file: string; readonly userName: string }
  | {
      readonly kind: 'password';
      /** `user@domain` or `DOMAIN\user`. */
      readonly userName: string;
      readonly password: string;
      /**
       * Take a name without a domain for one of the machine's own realm. Default: refuse, as it is as likely an account of the server, and
       * a wrong guess counts towards a lockout.
       */
      readonly assumeRealm?: boolean;
    };
