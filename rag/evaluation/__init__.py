"""Gold questions, measures and reports: proves the quality of what is served, without an LLM."""
