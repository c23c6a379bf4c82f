import type { TestContext } from 'node:test';
import { createPipeline } from '@sluice/test-servers/pipeline.ts';
import { startLoad, type LoadSettings } from './load.ts';

type Environment = Readonly<Record<string, string>>;

type LoadedSettings = {
  /** The servers of this test, in place of those that the tests share. */
  readonly servers?: Parameters<typeof createPipeline>[1];
  /** Additional environment variables of the producer, the consumer or both. */
  readonly producer?: Environment;
  readonly consumer?: Environment;
  readonly both?: Environment;
  readonly load?: LoadSettings;
};

/** Starts a pipeline of one producer and one consumer, under load. */
export const createLoadedPipeline = async (t: TestContext, settings: LoadedSettings = {}) => {
  const { servers, both } = settings;
  const pipeline = await createPipeline(t, servers);
  const producer = await pipeline.start('producer', { ...both, ...settings.producer });
  const consumer = await pipeline.start('consumer', { ...both, ...settings.consumer });
  const load = startLoad(t, [pipeline.address], settings.load);
  await load.more();
  return { ...pipeline, producer, consumer, load };
};
