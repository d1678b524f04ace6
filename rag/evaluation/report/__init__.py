"""Evaluation -> what people and machines read: a page, a table, result files."""
