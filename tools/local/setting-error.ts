/** An environment variable has an invalid value. */
export class SettingError extends Error {
  readonly code = 'SETTING_INVALID';
}
