"""Fair budgets: a search of each classifier's training recipe, with validation jets alone, before its trials run."""
