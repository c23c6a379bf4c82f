import { createKey } from '../requests/post.ts';
import { timeFor, type Field } from '../state/row-form.ts';

type FieldInputProps = {
  readonly field: Field;
  readonly text: string;
  readonly fault: string | undefined;
  readonly onText: (text: string) => void;
};

/** A field of the form, with what its column takes and what is wrong with its value. */
export const FieldInput = ({ field, text, fault, onText }: FieldInputProps) => {
  const { name, hint, isOptional } = field;
  const id = `field-${name}`;
  const hints = [hint, isOptional ? 'optional' : ''].filter((word) => word !== '').join(', ');
  const sample = sampleOf(field);
  return (
    <div className="row-field">
      <label htmlFor={id}>
        <span>{name}</span>
        {hints !== '' && <span className="hint">{` ${hints}`}</span>}
      </label>
      <div className="line">
        <Control field={field} id={id} text={text} fault={fault} onText={onText} />
        {sample !== undefined && (
          <button type="button" aria-label={`${sample.word}: ${name}`} onClick={() => onText(sample.create())}>
            {sample.word}
          </button>
        )}
      </div>
      {fault !== undefined && (
        <p className="fault" id={`${id}-fault`}>
          {fault}
        </p>
      )}
    </div>
  );
};

const Control = ({
  field: { kind, values, isOptional },
  id,
  text,
  fault,
  onText,
}: FieldInputProps & { id: string }) => {
  const shared = {
    id,
    value: text,
    'aria-required': !isOptional,
    'aria-invalid': fault !== undefined,
    'aria-describedby': fault === undefined ? undefined : `${id}-fault`,
  };
  if (kind === 'choice') {
    return (
      <select {...shared} onChange={(event) => onText(event.target.value)}>
        <option value="">{isOptional ? 'not set' : 'choose'}</option>
        {values.map((value) => (
          <option key={value} value={value}>
            {value}
          </option>
        ))}
      </select>
    );
  }
  if (kind === 'json' || kind === 'long') {
    return (
      <textarea
        {...shared}
        rows={2}
        autoComplete="off"
        spellCheck={false}
        onChange={(event) => onText(event.target.value)}
      />
    );
  }
  return <input {...shared} autoComplete="off" spellCheck={false} onChange={(event) => onText(event.target.value)} />;
};

type Sample = { readonly word: string; readonly create: () => string };

/** Returns the button that fills in a value which nobody wants to type. */
const sampleOf = (field: Field): Sample | undefined => {
  if (field.kind === 'time') return { word: 'Now', create: () => timeFor(field, new Date()) };
  return field.kind === 'uuid' ? { word: 'New', create: createUuid } : undefined;
};

/** Creates a random UUID (RFC 9562, version 4), also where `crypto.randomUUID` does not exist. */
const createUuid = (): string => createKey().replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12})$/, '$1-$2-4$3-a$4-$5');
