-- Runs once, when the volume of PostgreSQL is empty: the accounts have their own database.
CREATE DATABASE mlflow_auth OWNER mlflow;
