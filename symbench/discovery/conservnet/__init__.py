"""`conservnet`: a network that is constant along every trajectory."""
