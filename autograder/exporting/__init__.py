"""What leaves the course for other systems: gradebooks, and graders that run there."""
