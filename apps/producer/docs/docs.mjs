// Reads the contract next to this page and shows each of its routes, with a form to try it. Text
// from outside is inserted only as text, never as HTML.

const create = (name, properties = {}, ...children) => {
  const element = Object.assign(document.createElement(name), properties);
  element.append(...children);
  return element;
};

/** Shows what stands between backquotes as code. */
const prose = (text) =>
  text.split('`').map((part, index) => (index % 2 === 1 ? create('code', { textContent: part }) : part));

const resolve = (contract, schema) => {
  if (schema.$ref === undefined) return schema;
  const keys = schema.$ref.slice('#/'.length).split('/');
  return keys.reduce((value, key) => value[key], contract);
};

const exampleOf = (schema) => {
  if (schema.examples !== undefined) return schema.examples[0];
  if (schema.anyOf !== undefined) return exampleOf(schema.anyOf[0]);
  if (schema.type === 'array') return [1, 2, 3];
  if (schema.type !== 'object') return null;
  return Object.fromEntries(Object.entries(schema.properties).map(([name, property]) => [name, exampleOf(property)]));
};

const exampleLines = (line) => (line.type === 'object' ? [exampleOf(line), exampleOf(line)] : [1, 2, 3]);

const exampleBody = (contract, type, schema) => {
  const resolved = resolve(contract, schema);
  if (!type.includes('ndjson')) return JSON.stringify(exampleOf(resolved), undefined, 2);
  return exampleLines(resolved)
    .map((line) => `${JSON.stringify(line)}\n`)
    .join('');
};

const indent = (text) => {
  try {
    return JSON.stringify(JSON.parse(text), undefined, 2);
  } catch {
    return text;
  }
};

const describeAnswers = (responses) => {
  const rows = Object.entries(responses).map(([status, { description, content = {} }]) => {
    const types = Object.keys(content).map((type) => create('small', { textContent: type }));
    return create(
      'tr',
      {},
      create('th', { scope: 'row', textContent: status }),
      create('td', {}, ...prose(description), ...types),
    );
  });
  return create('table', {}, create('tbody', {}, ...rows));
};

const createFields = (contract, { parameters = [], requestBody }) => {
  const inputs = parameters.map((parameter) => ({ parameter, input: create('input', { spellcheck: false }) }));
  const elements = inputs.map(({ parameter, input }) =>
    create(
      'label',
      {},
      `${parameter.name} (${parameter.in})`,
      input,
      create('small', {}, ...prose(parameter.description)),
    ),
  );
  if (requestBody === undefined) return { inputs, elements };

  const types = Object.keys(requestBody.content);
  const type = create('select', {}, ...types.map((name) => create('option', { textContent: name })));
  const body = create('textarea', { spellcheck: false });
  const fill = () => {
    body.value = exampleBody(contract, type.value, requestBody.content[type.value].schema);
  };
  type.addEventListener('change', fill);
  fill();
  elements.push(create('label', {}, 'Content-Type ', type), create('label', {}, 'Body', body));
  return { inputs, elements, type, body };
};

const buildRequest = ({ method, path, operation }, { inputs, type, body }) => {
  const filled = inputs.filter(({ input }) => input.value !== '');
  const pick = (place) =>
    filled
      .filter(({ parameter }) => parameter.in === place)
      .map(({ parameter, input }) => [parameter.name, input.value]);
  const headers = Object.fromEntries(pick('header'));
  if (type !== undefined) headers['content-type'] = type.value;
  const token = document.querySelector('#token').value;
  if (operation.security !== undefined && token !== '') headers.authorization = `Bearer ${token}`;
  const query = new URLSearchParams(pick('query')).toString();
  // Relative, so that it holds behind a prefix too.
  const url = new URL(`.${path}${query === '' ? '' : `?${query}`}`, document.baseURI);
  return { url, init: { method: method.toUpperCase(), headers, ...(body === undefined ? {} : { body: body.value }) } };
};

const quote = (text) => `'${text.replaceAll("'", String.raw`'\''`)}'`;

const toCurl = ({ url, init: { method, headers, body } }) => {
  const parts = [`curl -i -X ${method}`];
  for (const [name, value] of Object.entries(headers)) parts.push(`-H ${quote(`${name}: ${value}`)}`);
  if (body !== undefined) parts.push(`--data-binary ${quote(body)}`);
  return [...parts, quote(url.href)].join(' \\\n  ');
};

const shownHeaders = ['content-type', 'retry-after', 'www-authenticate', 'allow'];

const showAnswer = async (response, { status, output }, startedAt) => {
  status.classList.toggle('fault', !response.ok);
  const head = `${response.status} ${response.statusText}`;
  if (response.headers.get('content-type')?.startsWith('text/event-stream')) {
    status.textContent = `${head}, streaming`;
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    for (let piece = await reader.read(); !piece.done; piece = await reader.read()) output.textContent = piece.value;
    return;
  }
  const text = await response.text();
  status.textContent = `${head}, ${Math.round(performance.now() - startedAt)} ms`;
  const headers = shownHeaders.flatMap((name) => {
    const value = response.headers.get(name);
    return value === null ? [] : [`${name}: ${value}`];
  });
  output.textContent = [...headers, '', indent(text)].join('\n').trim();
};

const createForm = (contract, route) => {
  const fields = createFields(contract, route.operation);
  const send = create('button', { textContent: 'Send' });
  const stop = create('button', { type: 'button', className: 'second', textContent: 'Stop', hidden: true });
  const curl = create('button', { type: 'button', className: 'second', textContent: 'As curl' });
  const status = create('p', { className: 'status', role: 'status' });
  const output = create('pre', { tabIndex: 0, hidden: true, ariaLabel: 'Answer' });
  const form = create(
    'form',
    {},
    ...fields.elements,
    create('div', { className: 'actions' }, send, stop, curl),
    status,
    output,
  );
  let abort = new AbortController();

  stop.addEventListener('click', () => abort.abort());
  curl.addEventListener('click', () => {
    output.hidden = false;
    output.textContent = toCurl(buildRequest(route, fields));
  });
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    abort.abort();
    abort = new AbortController();
    const { signal } = abort;
    status.textContent = 'Sending …';
    output.textContent = '';
    output.hidden = false;
    stop.hidden = false;
    try {
      const { url, init } = buildRequest(route, fields);
      const startedAt = performance.now();
      const response = await fetch(url, { ...init, signal });
      await showAnswer(response, { status, output }, startedAt);
    } catch (error) {
      status.classList.toggle('fault', !signal.aborted);
      status.textContent = signal.aborted ? 'Stopped' : `The API did not answer: ${error.message}`;
    }
    if (abort.signal === signal) stop.hidden = true;
  });
  return form;
};

const createSection = (contract, route) => {
  const { method, path, operation } = route;
  const titleId = `${operation.operationId}-title`;
  const title = create(
    'h2',
    { id: titleId },
    create('span', { className: `method ${method}`, textContent: method.toUpperCase() }),
    path,
  );
  const section = create(
    'section',
    { id: operation.operationId },
    title,
    create('p', {}, ...prose(operation.summary)),
    create('h3', { textContent: 'Answers' }),
    describeAnswers(operation.responses),
    create('h3', { textContent: 'Try it' }),
    createForm(contract, route),
  );
  section.setAttribute('aria-labelledby', titleId);
  return section;
};

const show = (contract) => {
  const routes = Object.entries(contract.paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, operation]) => ({ method, path, operation })),
  );
  const paragraphs = contract.info.description.split('\n\n').map((text) => create('p', {}, ...prose(text)));
  document.querySelector('#introduction').replaceChildren(...paragraphs);
  document.querySelector('#token-field').hidden = routes.every(({ operation }) => operation.security === undefined);
  document.querySelector('#contents').replaceChildren(
    ...routes.map(({ method, path, operation }) => {
      const link = create('a', { href: `#${operation.operationId}`, textContent: `${method.toUpperCase()} ${path}` });
      return create('li', {}, link);
    }),
  );
  document.querySelector('#routes').replaceChildren(...routes.map((route) => createSection(contract, route)));
};

const start = async () => {
  try {
    const response = await fetch('openapi.json');
    if (!response.ok) throw new Error(`${response.status} ${response.statusText}`);
    show(await response.json());
  } catch (error) {
    const message = `This page could not load the description of the API: ${error.message}`;
    document.querySelector('#introduction').replaceChildren(create('p', { role: 'alert', textContent: message }));
  }
};

void start();
