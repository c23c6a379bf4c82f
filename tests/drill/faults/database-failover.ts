import type { Fault } from './fault.ts';

/**
 * The database fails over to its standby, as that of RDS: under the same name, which leads to the
 * new address later. `amount`: the delay of the name in s.
 */
export const databaseFailover: Fault = {
  kind: 'database failover',
  parts: ['database'],
  targets: ['database'],
  amounts: [3, 10, 25, 60],
  overhead: 8,
  secondsPerAmount: 1,
  begin: async ({ system: { database, untilWhole } }, { target, amount }) => {
    const seconds = (await database.failOver(amount * 1_000)) / 1_000;
    const { name } = database.process().host;
    const effect = `${name} serves after ${seconds.toFixed(1)} s, and has the name ${amount} s later`;
    return { effect, heal: () => untilWhole(target) };
  },
};
