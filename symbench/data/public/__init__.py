"""Public data sets that are downloaded: their records, checksums, and how they are fetched."""
