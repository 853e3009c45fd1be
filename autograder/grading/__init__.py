"""From submissions to results: reading notebooks, running them apart, judging, the gradebook."""
