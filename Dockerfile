# The service in an image, with seeds/ indexed: docker compose up, or
#   docker build -t rag . && docker run -p 127.0.0.1:8000:8000 -v rag:/data rag
FROM python:3.11-slim

WORKDIR /srv
# Torch exports the encoder, and serves nothing. Where pip would take it with gigabytes of CUDA, name
# PyTorch's index of CPU builds: --build-arg PIP_EXTRA_INDEX_URL=…
ARG PIP_EXTRA_INDEX_URL PIP_FIND_LINKS
RUN pip install --no-cache-dir torch==2.13.0
COPY constraints.txt pyproject.toml README.md LICENSE ./
COPY rag rag
COPY tiktoken_ext tiktoken_ext
RUN pip install --no-cache-dir --constraint constraints.txt '.[formats,mcp]'

RUN useradd --create-home rag && mkdir /data /models && chown rag /data /models
USER rag
WORKDIR /data
ENV RAG_HOST=0.0.0.0 RAG_PORT=8000 RAG_INDEX=/data/index RAG_MODELS=/models
# Models lie in the image, so that nothing is made or fetched when it runs; documents in the volume.
COPY seeds /seeds
RUN rag index /seeds
VOLUME /data

EXPOSE 8000
HEALTHCHECK --interval=10s --start-period=30s CMD \
	["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8000/readyz', timeout=5)"]
CMD ["rag", "serve"]
