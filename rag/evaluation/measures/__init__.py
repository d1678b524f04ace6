"""The measures, as pure functions of numbers and strings, each citing where it is from."""
