type Request = { uri: string; readonly headers: { readonly [name: string]: { readonly value: string } } };
type Redirect = {
  readonly statusCode: number;
  readonly statusDescription: string;
  readonly headers: { readonly location: { readonly value: string } };
};

/** The part of CloudFront's event that a function needs. */
export type ViewerRequest = { readonly request: Request };

/** Returns the request that CloudFront continues with, or an immediate answer. */
export type ViewerRoute = (event: ViewerRequest) => Request | Redirect;

// CloudFront's runtime is ES 5.1 with let, const, arrow functions and template literals. It refuses
// destructuring and `?.` ("JavaScript runtime 2.0 features for CloudFront Functions").

/**
 * Leads a path that is not a file to the page: there is one page, with its files next to it. Other
 * missing files stay missing. The API's errors stay its own: error pages of the distribution would
 * replace them.
 */
export const routePage: ViewerRoute = (event) => {
  const request = event.request;
  const accept = request.headers['accept'];
  const isFile = request.uri === '/' || request.uri.slice(request.uri.lastIndexOf('/')).includes('.');
  if (isFile || accept === undefined || !accept.value.includes('text/html')) return request;
  return { statusCode: 302, statusDescription: 'Found', headers: { location: { value: '/' } } };
};

/** Strips `/api` from the path, because the API does not know that prefix. */
export const stripPrefix: ViewerRoute = (event) => {
  const request = event.request;
  request.uri = request.uri.slice('/api'.length) || '/';
  return request;
};

/**
 * Returns the source of a function for CloudFront. The function must be self-contained, and its
 * name is `handler`.
 */
export const sourceOf = (route: ViewerRoute): string =>
  `const route = ${route.toString()};\nfunction handler(event) {\n  return route(event);\n}\n`;
