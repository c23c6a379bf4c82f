// Until React renders the page, #starting holds the text of index.html. This file shows errors
// there, including those of loading modules, so the page is never empty. main.tsx imports this file
// first.
const starting = document.querySelector('#starting');

window.addEventListener('error', ({ message }) => {
  if (starting?.isConnected !== true) return;
  starting.setAttribute('data-failed', 'true');
  starting.textContent = `The console could not start: ${message}. Reload the page. If that does not help, update the browser or turn off its extensions.`;
});
