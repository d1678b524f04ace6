"""Ask with OpenAI's client: pip install openai; python openai_chat.py "Who is …?" [ADDRESS]."""

import sys

from openai import OpenAI

question, *given = sys.argv[1:]
address = given[0] if given else "http://127.0.0.1:8000"
client = OpenAI(base_url=f"{address}/v1", api_key="none")

completion = client.chat.completions.create(
    model="rag", messages=[{"role": "user", "content": question}]
)
print(completion.choices[0].message.content)

# What OpenAI's own types do not know: the whole answer, with exact offsets into each document.
answer = completion.rag
for citation in answer["citations"]:
    place = f"{citation['document_id']}[{citation['start']}:{citation['end']}]"
    print(f"{place} == {citation['quote']!r}, {answer['confidence']:.0%} sure")
