// A Chromium in the POSIX locale says that its language is `en-US@posix`. uPlot hands that to Intl as
// it is loaded, which throws, and the page stays empty. Intl's own default is well-formed.
const isLanguageTag = (text: string): boolean => {
  try {
    return Intl.getCanonicalLocales(text).length > 0;
  } catch {
    return false;
  }
};

if (!isLanguageTag(navigator.language)) {
  Object.defineProperty(navigator, 'language', { value: new Intl.NumberFormat().resolvedOptions().locale });
}
