"""Tasks: data with a question and, if it is known, the answer. One folder for each track, one file for each task or
family of tasks; the file is named after the first word of its tasks.
"""
