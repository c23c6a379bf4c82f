import type { TestContext } from 'node:test';

/** Whether a test has passed, asked in a hook after it. The typings lack `passed` (Node 24 has it). */
export const hasPassed = (test: TestContext): boolean => 'passed' in test && test.passed === true;
