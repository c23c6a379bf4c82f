// Until React has the page, its place holds the text of index.html. Whatever is thrown before that,
// as a module is loaded too, is said there; the page is never empty. main.tsx imports this file first.
const starting = document.querySelector('#starting');

window.addEventListener('error', ({ message }) => {
  if (starting?.isConnected !== true) return;
  starting.setAttribute('data-failed', 'true');
  starting.textContent = `The console could not start: ${message}. Reload the page; if that does not help, update the browser or turn its extensions off.`;
});
