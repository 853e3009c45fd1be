"""Reference implementations of the book's exercises, one module a chapter. They know NumPy and nothing else."""
