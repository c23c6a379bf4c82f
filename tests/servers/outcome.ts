import type { TestContext } from 'node:test';

/**
 * Returns true if a test has passed, for hooks that run after it. The typings lack `passed` (Node
 * 24 has it).
 */
export const hasPassed = (test: TestContext): boolean => 'passed' in test && test.passed === true;
