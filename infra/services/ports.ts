/** The port on which Envoy listens. It needs no right of root (containers/envoy.yaml). */
export const envoyPort = 8_080;

/** The port of the API. Only Envoy, in the same task, reaches it. */
export const apiPort = 5_080;
