import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createPipeline } from '@sluice/test-servers/pipeline.ts';
import { createTestTables, tablesFile } from '@sluice/test-servers/tables.ts';
import { assertAccessible, assertFits, assertNoComplaint, openPage } from './browser.ts';

const posts = ['postCount', 'postCounts', 'postRows_page_view', 'postRows_sensor_reading', 'postRows_vote'];

test('the page of the API sends the example of each POST, in each of its types', async (whole) => {
  const { start, ledger, address } = await createPipeline(whole);
  await createTestTables(ledger.query);
  await start('producer', { TABLES_FILE: tablesFile });

  for (const width of [1280, 390]) {
    for (const colorScheme of ['light', 'dark'] as const) {
      await whole.test(`at ${width} px, ${colorScheme}`, async (t) => {
        const viewport = { width, height: 844 };
        const { page, complaints } = await openPage(t, `${address}/docs`, { viewport, colorScheme });
        const sections = page.locator('section:has(textarea)');
        await sections.first().waitFor();
        assert.deepEqual(await sections.evaluateAll((found) => found.map(({ id }) => id)), posts);
        for (const id of posts) {
          const section = page.locator(`#${id}`);
          const type = section.getByLabel('Content-Type');
          for (const name of await type.locator('option').allTextContents()) {
            await type.selectOption(name);
            const answered = page.waitForResponse((response) => response.request().method() === 'POST');
            await section.getByRole('button', { name: 'Send' }).click();
            assert.equal((await answered).status(), 201, `${id} as ${name}`);
            await section.getByRole('status').filter({ hasText: '201 Created' }).waitFor();
          }
        }
        await page.locator('#getRows_page_view').getByRole('button', { name: 'Send' }).click();
        await page.locator('#getRows_page_view').getByText('200 OK').waitFor();
        await assertAccessible(page);
        await assertFits(page);
        assertNoComplaint(complaints);
      });
    }
  }
});
