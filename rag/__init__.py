"""Question answering over your own documents, without a language model.

Every answer is a verbatim span of a source, cited by exact offsets. ``Engine`` in
``rag.engine`` is the one door; HTTP, command line and evaluation are thin clients of it.
"""

from importlib.metadata import version

__version__ = version("rag")
