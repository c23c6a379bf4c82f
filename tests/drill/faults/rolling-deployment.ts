import type { Fault } from './fault.ts';

/** Every producer and consumer is replaced, one after the other, with a graceful shutdown. */
export const rollingDeployment: Fault = {
  kind: 'rolling deployment',
  parts: ['front', 'consumers'],
  targets: ['services'],
  overhead: 18,
  begin: async ({ system: { producers, consumers } }) => {
    const services = [...producers, ...consumers];
    let slowestMs = 0;
    for (const service of services) {
      const { how, ms } = await service.down('SIGTERM');
      if (how !== 'exit 0') throw new Error(`${service.name} ended with ${how} at SIGTERM`);
      slowestMs = Math.max(slowestMs, ms);
      await service.up();
    }
    const effect = `${services.length} services replaced; the slowest took ${(slowestMs / 1_000).toFixed(1)} s to stop`;
    return { effect, heal: () => Promise.resolve() };
  },
};
