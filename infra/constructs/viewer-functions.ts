type Request = { uri: string };

/** What CloudFront hands to a function of its own, as far as it is needed. */
export type ViewerRequest = { readonly request: Request };

/** Where CloudFront should look for what a browser asks for. */
export type ViewerRoute = (event: ViewerRequest) => Request;

/**
 * The page decides by itself what a path without a file shows: it gets index.html. A missing file stays missing, and the API's errors stay its own, which they
 * would not with error pages of the distribution.
 */
export const routePage = ({ request }: ViewerRequest): Request => {
  const last = request.uri.slice(request.uri.lastIndexOf('/') + 1);
  if (!last.includes('.')) request.uri = '/index.html';
  return request;
};

/** The API does not know that it is under `/api`. */
export const stripPrefix = ({ request }: ViewerRequest): Request => {
  request.uri = request.uri.slice('/api'.length) || '/';
  return request;
};

/** The source of a function for CloudFront: it must stand alone, and be called handler. */
export const sourceOf = (route: ViewerRoute): string =>
  `const route = ${route.toString()};\nfunction handler(event) {\n  return route(event);\n}\n`;
