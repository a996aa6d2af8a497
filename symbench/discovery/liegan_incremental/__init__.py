"""`liegan-incremental`: LieGAN with one channel at a time and a stopping rule."""
