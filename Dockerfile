# All images of Sluice: `docker build --target producer .`, and consumer, database-setup, frontend,
# envoy. docs/guides/containers.md lists their content. This file builds with BuildKit and without
# it. Stages that run programs use the platform of the build machine. The legacy builder does not
# know that platform, and `linux` selects its own. The last stage of each image only copies, so an
# image for another processor needs no emulation.

FROM --platform=${BUILDPLATFORM:-linux} node:24.21.0-bookworm-slim@sha256:d6aa754f16b3197301076f047b5def2f02ea1dbbc2ca920407d46d7ec7f87b20 AS build
# The address of a mirror of the npm registry, if there is one. A file holds it, because the legacy
# builder forgets arguments at the end of a stage. No image contains it.
ARG NPM_CONFIG_REGISTRY
RUN [ -z "$NPM_CONFIG_REGISTRY" ] || npm config set --location=global "registry=$NPM_CONFIG_REGISTRY"
ENV NPM_CONFIG_AUDIT=false NPM_CONFIG_FUND=false NPM_CONFIG_UPDATE_NOTIFIER=false NPM_CONFIG_IGNORE_SCRIPTS=true
WORKDIR /sluice

# Downloads tini, the init process, from Debian for the processor of the image.
FROM build AS init
ARG TARGETARCH
WORKDIR /tmp
RUN arch="${TARGETARCH:-$(dpkg --print-architecture)}" \
  && dpkg --add-architecture "$arch" \
  && apt-get update \
  && apt-get download "tini:$arch" \
  && dpkg --extract tini_*.deb /init

# Sets uniform file modes. Git keeps only one bit of a file's mode, and the umask of the checkout
# sets the rest.
FROM build AS sources
COPY package.json package-lock.json tsconfig.json ./
COPY apps apps
COPY packages packages
COPY tables tables
COPY containers containers
RUN chmod --recursive u=rwX,go=rX .

# Keeps only the files that npm reads. So a changed source does not install the dependencies again.
FROM sources AS manifests
RUN find . -type f ! -name package.json ! -name package-lock.json -delete && find . -type d -empty -delete

# The `-compiled` stages start each service once to fill V8's compile cache. Without its
# configuration a service exits at once. V8 accepts a cache only from its own kind of processor, and
# otherwise compiles the code again.
FROM build AS producer-dependencies
COPY --from=manifests /sluice .
RUN npm ci --omit=dev --workspace=@sluice/producer

FROM producer-dependencies AS producer-compiled
COPY --from=sources /sluice .
USER 1000:1000
RUN export NODE_COMPILE_CACHE=/tmp/compiled; ! node --max-semi-space-size=8 --max-old-space-size=512 --v8-pool-size=1 --no-maglev --no-allocation-site-pretenuring --expose-gc apps/producer/main.ts && chmod --recursive go=rX /tmp/compiled

FROM build AS consumer-dependencies
COPY --from=manifests /sluice .
RUN npm ci --omit=dev --workspace=@sluice/consumer

FROM consumer-dependencies AS consumer-compiled
COPY --from=sources /sluice .
USER 1000:1000
RUN export NODE_COMPILE_CACHE=/tmp/compiled; ! node --max-semi-space-size=4 --max-old-space-size=512 --v8-pool-size=1 --no-maglev --no-allocation-site-pretenuring --expose-gc apps/consumer/main.ts && chmod --recursive go=rX /tmp/compiled

FROM build AS database-setup-dependencies
COPY --from=manifests /sluice .
RUN npm ci --omit=dev --workspace=@sluice/database-setup

FROM build AS page
COPY --from=manifests /sluice .
RUN npm ci --workspace=@sluice/frontend
COPY --from=sources /sluice .
WORKDIR /sluice/apps/frontend
RUN npx --no-install vite build --configLoader native --outDir /page \
  && find /page -type f -regex '.*\.\(js\|css\|html\|svg\)' -exec gzip --best --no-name --keep {} +

# On ECS, Envoy is in the producer's task, behind CloudFront and the load balancer. With Compose,
# Envoy finds the producer by its service name, and clients connect to Envoy directly.
FROM sources AS proxy
RUN mkdir /proxy \
  && sed 's/PRODUCER_HOST/127.0.0.1/' containers/envoy.yaml > /proxy/envoy.yaml \
  && sed 's/PRODUCER_HOST/producer/; s/xff_num_trusted_hops: 2/xff_num_trusted_hops: 0/' containers/envoy.yaml > /proxy/compose.yaml

FROM node:24.21.0-bookworm-slim@sha256:d6aa754f16b3197301076f047b5def2f02ea1dbbc2ca920407d46d7ec7f87b20 AS service
ARG VERSION=unknown
ARG REVISION=unknown
ARG SOURCE=unknown
LABEL org.opencontainers.image.version=$VERSION \
  org.opencontainers.image.revision=$REVISION \
  org.opencontainers.image.source=$SOURCE
COPY --from=init /init/usr/bin/tini-static /usr/bin/tini
WORKDIR /sluice
ENV NODE_ENV=production
USER 1000:1000
ENTRYPOINT ["/usr/bin/tini", "--"]

FROM service AS producer
COPY --from=producer-dependencies /sluice/node_modules node_modules
COPY --from=sources /sluice/package.json .
COPY --from=sources /sluice/packages packages
COPY --from=sources /sluice/tables tables
COPY --from=sources /sluice/apps/producer apps/producer
COPY --chown=0:0 --from=producer-compiled /tmp/compiled compiled
ENV NODE_COMPILE_CACHE=/sluice/compiled MALLOC_MMAP_THRESHOLD_=16384 METRICS_PORT=9464
EXPOSE 5080 9464
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s \
  CMD ["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/${HTTP_PORT:-5080} && printf 'GET /health HTTP/1.0\\r\\n\\r\\n' >&3 && grep -q healthy <&3"]
CMD ["node", "--max-semi-space-size=8", "--max-old-space-size=512", "--v8-pool-size=1", "--no-maglev", "--no-allocation-site-pretenuring", "--expose-gc", "apps/producer/main.ts"]

FROM service AS consumer
COPY --from=consumer-dependencies /sluice/node_modules node_modules
COPY --from=sources /sluice/package.json .
COPY --from=sources /sluice/packages packages
COPY --from=sources /sluice/tables tables
COPY --from=sources /sluice/apps/consumer apps/consumer
COPY --chown=0:0 --from=consumer-compiled /tmp/compiled compiled
ENV NODE_COMPILE_CACHE=/sluice/compiled MALLOC_MMAP_THRESHOLD_=16384 METRICS_PORT=9464
EXPOSE 9464
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s \
  CMD ["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/$METRICS_PORT && printf 'GET /metrics HTTP/1.0\\r\\n\\r\\n' >&3 && grep -q ^sluice_ <&3"]
CMD ["node", "--max-semi-space-size=4", "--max-old-space-size=512", "--v8-pool-size=1", "--no-maglev", "--no-allocation-site-pretenuring", "--expose-gc", "apps/consumer/main.ts"]

# It runs once and exits, so it needs no health check.
FROM service AS database-setup
COPY --from=database-setup-dependencies /sluice/node_modules node_modules
COPY --from=sources /sluice/package.json .
COPY --from=sources /sluice/packages packages
COPY --from=sources /sluice/tables tables
COPY --from=sources /sluice/apps/database-setup apps/database-setup
HEALTHCHECK NONE
CMD ["node", "apps/database-setup/main.ts"]

FROM nginx:1.30.5-trixie@sha256:b972f831f200b19ef0767938224f9711e74cd783718738cd7405d5cabf75c442 AS frontend
ARG VERSION=unknown
ARG REVISION=unknown
ARG SOURCE=unknown
LABEL org.opencontainers.image.version=$VERSION \
  org.opencontainers.image.revision=$REVISION \
  org.opencontainers.image.source=$SOURCE
COPY --from=init /init/usr/bin/tini-static /usr/bin/tini
COPY --from=sources /sluice/containers/nginx.conf /etc/nginx/nginx.conf
COPY --from=page /page /page
USER 1000:1000
EXPOSE 8080
# nginx shuts down gracefully on SIGQUIT: it finishes the requests in progress.
STOPSIGNAL SIGQUIT
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s \
  CMD ["curl", "--fail", "--silent", "--output", "/dev/null", "http://127.0.0.1:8080/"]
ENTRYPOINT ["/usr/bin/tini", "--"]
CMD ["nginx"]

FROM envoyproxy/envoy:v1.40.0 AS envoy
ARG VERSION=unknown
ARG REVISION=unknown
ARG SOURCE=unknown
LABEL org.opencontainers.image.version=$VERSION \
  org.opencontainers.image.revision=$REVISION \
  org.opencontainers.image.source=$SOURCE
COPY --from=init /init/usr/bin/tini-static /usr/bin/tini
COPY --from=proxy /proxy /etc/envoy
USER 1000:1000
EXPOSE 8080
# The image has no HTTP client. The administration port is open only within the container.
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s \
  CMD ["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/9901 && printf 'GET /ready HTTP/1.1\\r\\nHost: localhost\\r\\nConnection: close\\r\\n\\r\\n' >&3 && grep --quiet LIVE <&3"]
ENTRYPOINT ["/usr/bin/tini", "--"]
CMD ["envoy", "--config-path", "/etc/envoy/envoy.yaml", "--concurrency", "2", "--log-level", "warn"]
