"""Similar answers: fingerprints of a program, pairs that share more than chance explains, two answers side by side."""
