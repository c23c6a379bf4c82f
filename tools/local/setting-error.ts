/** A variable of the environment cannot be followed. */
export class SettingError extends Error {
  readonly code = 'SETTING_INVALID';
}
