"""What a case, a comparison, a misconception and a verdict are. Knows NumPy, and no notebooks or processes."""
