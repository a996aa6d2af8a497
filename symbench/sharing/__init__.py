"""Results for others: `export` packs what a suite has recorded into a folder, `paths` removes this machine's paths."""
