"""Results for people to read. Knows results, not how they were made."""
