/** Names of the authentication plugins that weir speaks. */
export const AuthPlugin = {
  nativePassword: 'mysql_native_password',
  cachingSha2: 'caching_sha2_password',
  /** The response is the password in clear, NUL-terminated: only ever over TLS or a Unix socket. */
  clearPassword: 'mysql_clear_password',
} as const;
