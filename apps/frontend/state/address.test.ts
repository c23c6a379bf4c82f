import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addressWithTable, tableOfAddress } from './address.ts';

const page = 'http://127.0.0.1:8080/some/where/';

test('an address without a table, or with count, shows the counts', () => {
  for (const search of ['', '?table=', '?table=count', '?other=vote']) {
    assert.equal(tableOfAddress(page + search), undefined, search);
  }
});

test('an address keeps the table, and the rest of it', () => {
  const address = addressWithTable(`${page}?theme=plain#rows`, 'page_view');
  assert.equal(address, `${page}?theme=plain&table=page_view#rows`);
  assert.equal(tableOfAddress(address), 'page_view');
  assert.equal(addressWithTable(address, undefined), `${page}?theme=plain#rows`);
});
