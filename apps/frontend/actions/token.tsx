import { useState, type SubmitEvent } from 'react';

type TokenProps = { readonly isRefused: boolean; readonly onToken: (token: string) => void };

/** The form for the bearer token that reads need. */
export const Token = ({ isRefused, onToken }: TokenProps) => {
  const [text, setText] = useState('');
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    onToken(text);
  };
  return (
    <form onSubmit={submit} className="token">
      <label htmlFor="token">Bearer token</label>
      <div className="line">
        <input
          id="token"
          type="password"
          autoComplete="off"
          spellCheck={false}
          value={text}
          aria-invalid={isRefused}
          onChange={(event) => setText(event.target.value)}
        />
        <button type="submit" className="main">
          Use token
        </button>
      </div>
    </form>
  );
};
