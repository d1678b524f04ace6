"""Ask with LangChain: pip install langchain-openai; python langchain_chat.py "Who …?" [ADDRESS]."""

import sys

from langchain_openai import ChatOpenAI

question, *given = sys.argv[1:]
address = given[0] if given else "http://127.0.0.1:8000"

# Only OpenAI's responses carry the citations into LangChain's own content blocks.
model = ChatOpenAI(model="rag", base_url=f"{address}/v1", api_key="none", use_responses_api=True)

for part in model.stream(question):
    print(part.text, end="", flush=True)
print()

for block in model.invoke(question).content_blocks:
    for citation in block.get("annotations", []):
        print(citation["title"], citation["url"])
