-- Runs once, when the volume of PostgreSQL is empty: accounts are kept beside the runs, not among them.
CREATE DATABASE mlflow_auth OWNER mlflow;
