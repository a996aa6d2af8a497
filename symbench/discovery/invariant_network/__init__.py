"""`invariant-network`: functions of any form that events share, as networks."""
