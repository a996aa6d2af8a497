"""`liegan`: generators trained against a discriminator, as published."""
