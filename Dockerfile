# The service as one image; which part of it a container runs is its command. See docs/operations.md.
FROM python:3.11.15-slim-bookworm AS base
ENV PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 PATH=/opt/venv/bin:$PATH

FROM base AS build
WORKDIR /build
# Every file is held against its hash in the lock here, once. What follows installs from these files
# alone, without the network, and takes only what the wheel asks for: nothing that is only for tests.
COPY requirements.lock ./
RUN pip download --quiet --no-cache-dir --only-binary :all: --require-hashes --requirement requirements.lock --dest /wheels \
 && pip install --quiet --no-cache-dir --no-index --find-links /wheels hatchling
COPY pyproject.toml README.md ./
COPY src src
COPY connectors connectors
COPY streams streams
RUN pip wheel --quiet --no-index --no-deps --no-build-isolation --wheel-dir /wheels . \
 && python -m venv --without-pip /opt/venv \
 && pip --python /opt/venv/bin/python install --quiet --no-index --find-links /wheels ks-consultations

FROM base
WORKDIR /app
COPY --from=build /opt/venv /opt/venv
COPY config config
# A number, so that an orchestrator can see that it is not root. Nothing but /tmp is written to.
USER 10001:10001
ENTRYPOINT ["consultations"]
HEALTHCHECK --interval=60s --timeout=20s --start-period=60s --retries=3 CMD ["consultations", "healthy"]
