"""Right answers as different people write them: one module per chapter, with ``STYLES``, functions by exercise."""
