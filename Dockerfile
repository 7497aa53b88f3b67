# Tollgate as an image: built with the Swift toolchain, run on plain Debian as a user without rights.

FROM swift:6.3-bookworm AS build
RUN apt-get update \
 && DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends \
      libpq-dev libmicrohttpd-dev libjansson-dev libssl-dev libcurl4-openssl-dev pkg-config \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /source
COPY . .
# The Swift runtime goes into the binary: the second stage has none.
RUN swift build -c release --product tollgate --static-swift-stdlib \
 && install -D "$(swift build -c release --show-bin-path)/tollgate" /staging/tollgate

FROM debian:12-slim
RUN apt-get update \
 && DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends \
      libpq5 libmicrohttpd12 libjansson4 libssl3 libcurl4 ca-certificates \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --system --no-create-home --shell /usr/sbin/nologin tollgate
COPY --from=build /staging/tollgate /usr/local/bin/tollgate
USER tollgate
EXPOSE 8080
# Docker's stop signal is SIGTERM: tollgate then answers what it has accepted and exits.
ENTRYPOINT ["/usr/local/bin/tollgate"]
CMD ["serve"]
