// A Chromium in the POSIX locale says that its language is `en-US@posix`, others say `C` or `en_US`.
// uPlot hands that to Intl as it is loaded, which throws, and the page stays empty.
const isUsable = (locale: string | undefined): boolean => {
  try {
    return new Intl.NumberFormat(locale).format(1) !== '' && new Intl.DateTimeFormat(locale).format(0) !== '';
  } catch {
    return false;
  }
};

/** The locale to format with: the default of Intl, or English where that throws. */
export const locale = isUsable(undefined) ? undefined : 'en';

if (!isUsable(navigator.language)) {
  const value = locale ?? new Intl.NumberFormat().resolvedOptions().locale;
  Object.defineProperty(navigator, 'language', { configurable: true, value });
}
