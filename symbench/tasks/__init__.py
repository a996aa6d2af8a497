"""Tasks: data with a question and, where it is known, the answer. A folder a track, a file a task or family."""
