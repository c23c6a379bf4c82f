// Chromium in the POSIX locale reports the language `en-US@posix`. Other browsers report `C` or
// `en_US`. uPlot passes that to Intl while it loads. Intl then throws, and the page stays empty.
const isUsable = (locale: string | undefined): boolean => {
  try {
    return new Intl.NumberFormat(locale).format(1) !== '' && new Intl.DateTimeFormat(locale).format(0) !== '';
  } catch {
    return false;
  }
};

/** The locale for formatting: the default of Intl, or English if that throws. */
export const locale = isUsable(undefined) ? undefined : 'en';

if (!isUsable(navigator.language)) {
  const value = locale ?? new Intl.NumberFormat().resolvedOptions().locale;
  Object.defineProperty(navigator, 'language', { configurable: true, value });
}
