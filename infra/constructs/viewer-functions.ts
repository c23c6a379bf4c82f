type Request = { uri: string; readonly headers: { readonly [name: string]: { readonly value: string } } };
type Redirect = {
  readonly statusCode: number;
  readonly statusDescription: string;
  readonly headers: { readonly location: { readonly value: string } };
};

/** What CloudFront hands to a function of its own, as far as it is needed. */
export type ViewerRequest = { readonly request: Request };

/** Where CloudFront should look for what a browser asks for, or what it answers at once. */
export type ViewerRoute = (event: ViewerRequest) => Request | Redirect;

// CloudFront's runtime is ES 5.1 with let, const, arrow functions and template literals: it refuses destructuring and `?.`
// ("JavaScript runtime 2.0 features for CloudFront Functions").

/**
 * There is one page, and its files are beside it: who opens a path that is no file's is led to the page. What else is not there stays missing, and the API's
 * errors stay its own, which they would not with error pages of the distribution.
 */
export const routePage: ViewerRoute = (event) => {
  const request = event.request;
  const accept = request.headers['accept'];
  const isFile = request.uri === '/' || request.uri.slice(request.uri.lastIndexOf('/')).includes('.');
  if (isFile || accept === undefined || !accept.value.includes('text/html')) return request;
  return { statusCode: 302, statusDescription: 'Found', headers: { location: { value: '/' } } };
};

/** The API does not know that it is under `/api`. */
export const stripPrefix: ViewerRoute = (event) => {
  const request = event.request;
  request.uri = request.uri.slice('/api'.length) || '/';
  return request;
};

/** The source of a function for CloudFront: it must stand alone, and be called handler. */
export const sourceOf = (route: ViewerRoute): string =>
  `const route = ${route.toString()};\nfunction handler(event) {\n  return route(event);\n}\n`;
