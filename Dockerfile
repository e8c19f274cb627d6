# kaimono in a container: the locked run-time packages and the rooms, nothing else.
#
#   docker build -t kaimono .
#   docker run -p 8080:8080 -v ./config:/etc/kaimono:ro -v kaimono:/var/lib/kaimono kaimono
#
# ./config holds config.toml and the private key, readable by the user with the id 10001.
# The volume holds database and key ring.

FROM python:3.11-slim AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv /opt/kaimono
WORKDIR /build
COPY requirements.lock ./
RUN /opt/kaimono/bin/pip install --require-hashes -r requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY bot bot
COPY purchasing purchasing
COPY punchout punchout
COPY storage storage
COPY sandbox sandbox
RUN /opt/kaimono/bin/pip install --no-deps --no-build-isolation . \
    && /opt/kaimono/bin/pip uninstall --yes setuptools pip

FROM python:3.11-slim
RUN useradd --system --uid 10001 --home-dir /var/lib/kaimono --create-home kaimono
COPY --from=build /opt/kaimono /opt/kaimono
ENV PATH=/opt/kaimono/bin:$PATH PYTHONUNBUFFERED=1 KAIMONO_LISTEN=0.0.0.0:8080
USER kaimono
WORKDIR /var/lib/kaimono
VOLUME /var/lib/kaimono
EXPOSE 8080
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s \
    CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8080/readyz', timeout=4)"]
ENTRYPOINT ["kaimono"]
CMD ["serve", "--config", "/etc/kaimono/config.toml"]
