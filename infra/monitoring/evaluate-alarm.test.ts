import assert from 'node:assert/strict';
import { test } from 'node:test';
import { alarmSchema, isInAlarm } from './evaluate-alarm-of-tests.ts';
import { evaluateExpression, type Series } from './metric-math-of-tests.ts';

const treatments = ['missing', 'breaching', 'notBreaching'] as const;

test('alarms have the states of the tables in AWS’s guide', () => {
  // X breaches, 0 does not, - is missing; the latest point is on the right. A row has the
  // treatments that raise the alarm.
  const rows: readonly (readonly [datapoints: number, points: string, raisedBy: readonly string[]])[] = [
    [3, '0-X-X', []],
    [3, '0----', []],
    [3, '-----', ['breaching']],
    [3, '0XX-X', treatments],
    [3, '--X--', ['missing', 'breaching']],
    [3, '---X-', ['breaching']],
    [3, '----X', ['breaching']],
    [2, '0-X-X', treatments],
    [2, '00X0X', treatments],
    [2, '0-X--', ['breaching']],
    [2, '----0', ['breaching']],
    [2, '---X-', ['missing', 'breaching']],
  ];
  for (const [DatapointsToAlarm, points, raisedBy] of rows) {
    const series = points.split('').map((point) => ({ X: 1, '0': 0, '-': undefined })[point]);
    const raising = treatments.filter((TreatMissingData) =>
      isInAlarm(
        alarmSchema.parse({
          ComparisonOperator: 'GreaterThanThreshold',
          Threshold: 0,
          EvaluationPeriods: 3,
          DatapointsToAlarm,
          TreatMissingData,
          Namespace: 'N',
          MetricName: 'M',
          Dimensions: [],
          Period: 60,
        }),
        () => series,
      ),
    );
    assert.deepEqual(raising, raisedBy, `${DatapointsToAlarm} of 3: ${points}`);
  }
});

test('expressions have the values of the examples in AWS’s guide', () => {
  const none = undefined;
  const series: Readonly<Record<string, Series>> = {
    metric1: [30, 20, 0, 0],
    metric2: [20, none, 20, none],
    condition: [1, 1, 0, 0, none],
    whenTrue: [30, none, 0, 0, 30],
    whenFalse: [0, 0, 20, none, 20],
  };
  const rows: readonly (readonly [expression: string, values: Series])[] = [
    ['(metric1 < metric2)', [0, 0, 1, 0]],
    ['(metric1 > 15 AND metric2 > 15)', [1, 0, 0, 0]],
    ['metric1 + metric2', [50, 20, 20, 0]],
    ['IF(condition, whenTrue, whenFalse)', [30, 0, 20, none, none]],
    ['IF(condition, 5, whenFalse)', [5, 5, 20, none, none]],
    ['FILL(metric2, 7)', [20, 7, 20, 7]],
    ['FILL(whenTrue, REPEAT)', [30, 30, 0, 0, 30]],
    ['MAX([metric1, FILL(metric2, REPEAT)])', [30, 20, 20, 20]],
  ];
  for (const [expression, values] of rows)
    assert.deepEqual(
      evaluateExpression(expression, (id) => series[id] ?? assert.fail(id)),
      values,
      expression,
    );
});
