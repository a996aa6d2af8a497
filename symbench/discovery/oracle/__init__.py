"""`oracle`, `oracle-known`: matrices that minimise the change of a label and close as an algebra."""
