"""From a chapter to the notebooks of students, instructors and nbgrader. Knows nothing of grading."""
