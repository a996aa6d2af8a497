"""`laligan`: LieGAN in the latent space of an autoencoder."""
