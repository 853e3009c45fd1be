"""For authors of exercises: proofs of what is written, mutants to try it on, and what a new exercise begins with."""
