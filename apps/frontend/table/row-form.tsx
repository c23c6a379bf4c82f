import { useEffect, useMemo, useRef, useState, type SubmitEvent } from 'react';
import { NotAcknowledgedAnswer, type NotAcknowledged } from '../actions/not-acknowledged.tsx';
import { createKey, postRow } from '../requests/post.ts';
import type { DeclaredTable } from '../requests/reads.ts';
import type { Console } from '../state/console.ts';
import { encodeRow, faultsOf, fieldsOf, type Faults, type Texts } from '../state/row-form.ts';
import { formatCount, formatDuration } from '../view/format.ts';
import { FieldInput } from './field-input.tsx';

/** A request that is safe to resend: under its key the row is recorded once. */
type Attempt = { readonly row: string; readonly key: string };

type FormState =
  | { readonly kind: 'idle' }
  /** The API, or the form, found faults in fields. */
  | { readonly kind: 'invalid'; readonly fields: number }
  | { readonly kind: 'sending' }
  | { readonly kind: 'accepted'; readonly ms: number; readonly host: string }
  | NotAcknowledged<Attempt>;

type RowFormProps = {
  readonly sluice: Console;
  readonly token: string;
  readonly declared: DeclaredTable;
  readonly onTokenNeeded: () => void;
};

const noFaults: Faults = new Map();

/** The form that posts one row. Its fields come from the JSON Schema of the table. */
export const RowForm = ({ sluice, token, declared, onTokenNeeded }: RowFormProps) => {
  const fields = useMemo(() => fieldsOf(declared), [declared]);
  const [texts, setTexts] = useState<Texts>(new Map());
  const [faults, setFaults] = useState<Faults>(noFaults);
  const [state, setState] = useState<FormState>({ kind: 'idle' });
  const form = useRef<HTMLFormElement>(null);

  useEffect(() => {
    if (state.kind === 'invalid') form.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
  }, [state]);

  const refuse = (found: Faults) => {
    setFaults(found);
    setState({ kind: 'invalid', fields: found.size });
  };

  const send = async (attempt: Attempt) => {
    setFaults(noFaults);
    setState({ kind: 'sending' });
    const outcome = await postRow(declared.table, attempt.row, { key: attempt.key, token });
    if (outcome.kind === 'unanswered' || outcome.kind === 'unsent') {
      return setState({ kind: 'unanswered', reason: outcome.reason, isSent: outcome.kind === 'unanswered', attempt });
    }
    if (outcome.kind === 'refused') {
      const { problem } = outcome;
      const found = problem.status === 400 ? faultsOf(problem, fields) : noFaults;
      if (found.size > 0) return refuse(found);
      if (problem.status === 401) onTokenNeeded();
      return setState({ kind: 'refused', problem, attempt });
    }
    sluice.seeHost(outcome.body.hostname);
    setState({ kind: 'accepted', ms: outcome.ms, host: outcome.body.hostname });
    return sluice.refreshTable();
  };

  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    if (state.kind === 'sending') return;
    const encoded = encodeRow(fields, texts);
    if ('faults' in encoded) refuse(encoded.faults);
    else void send({ row: encoded.row, key: createKey() });
  };

  const type = (name: string, text: string) => {
    setTexts(new Map(texts).set(name, text));
    setFaults(new Map([...faults].filter(([faulty]) => faulty !== name)));
  };

  return (
    <form ref={form} onSubmit={submit} noValidate className="row-form">
      {fields.map((field) => (
        <FieldInput
          key={field.name}
          field={field}
          text={texts.get(field.name) ?? ''}
          fault={faults.get(field.name)}
          onText={(text) => type(field.name, text)}
        />
      ))}
      <button type="submit" className="main" aria-disabled={state.kind === 'sending'}>
        POST
      </button>
      <div className="answer" role="status" aria-label="Answer to POST">
        <Answer state={state} onRetry={(attempt) => void send(attempt)} />
      </div>
    </form>
  );
};

type AnswerProps = { readonly state: FormState; readonly onRetry: (attempt: Attempt) => void };

const Answer = ({ state, onRetry }: AnswerProps) => {
  switch (state.kind) {
    case 'idle':
      return <p className="hint">Fields that are empty are left out of the row.</p>;
    case 'invalid':
      return (
        <p className="fault">
          {`Nothing was recorded. ${state.fields === 1 ? 'One field is' : `${formatCount(state.fields)} fields are`} wrong.`}
        </p>
      );
    case 'sending':
      return <p className="hint">Sending …</p>;
    case 'accepted':
      return (
        <p>
          <strong>The row</strong>
          <span>{` was acknowledged in ${formatDuration(state.ms)} by ${state.host}.`}</span>
          <br />
          <span className="hint">It is listed once a consumer has recorded it.</span>
        </p>
      );
    case 'refused':
    case 'unanswered':
      return <NotAcknowledgedAnswer state={state} noun="row" label="Send it again" onRetry={onRetry} />;
  }
};
